-- A person's ended sessions, last ended first: a service may leave thousands of them, of which a screen shows a few.

CREATE INDEX session_over ON session (user_seq, ended_at) WHERE ended_at IS NOT NULL;

-- A lockdown removed the hash of these users. The row goes when a new password is set.
CREATE TABLE voided_password (
    user_seq INTEGER PRIMARY KEY REFERENCES user (seq) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    by TEXT
);

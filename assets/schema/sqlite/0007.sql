-- A person's ended sessions, last ended first: a service may leave thousands of them, of which a screen shows a few.

CREATE INDEX session_over ON session (user_seq, ended_at) WHERE ended_at IS NOT NULL;

-- Consecutive wrong passwords by account and class of source. subject: digest of the account's id or, where nobody has
-- the name, of the folded name; source: digest of an address known from a success, empty for all others together.
-- unsettled: how many of the failures are attempts whose passwords are being verified. until: the end of the wait that
-- the others cause.
CREATE TABLE throttle (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    subject BLOB NOT NULL,
    source BLOB NOT NULL,
    user_seq INTEGER REFERENCES user (seq) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    unsettled INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    last INTEGER NOT NULL,
    until INTEGER NOT NULL,
    address TEXT,
    UNIQUE (subject, source)
);

CREATE INDEX throttle_user ON throttle (user_seq, until) WHERE user_seq IS NOT NULL;
CREATE INDEX throttle_until ON throttle (until) WHERE user_seq IS NOT NULL;
CREATE INDEX throttle_nobody ON throttle (seq) WHERE user_seq IS NULL;
CREATE INDEX throttle_last ON throttle (last);

-- From where somebody logged in with success, as digests.
CREATE TABLE known_source (
    user_seq INTEGER NOT NULL REFERENCES user (seq) ON DELETE CASCADE,
    source BLOB NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (user_seq, source)
) WITHOUT ROWID;

CREATE INDEX known_source_last ON known_source (last);

-- One row. high: the latest time that is believed; leapt_at, seen_at: since when and when last the clock was far ahead
-- of it; tidied_at: the last upkeep.
CREATE TABLE clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    high INTEGER NOT NULL,
    leapt_at INTEGER,
    seen_at INTEGER,
    tidied_at INTEGER
);

INSERT INTO clock (one, high) VALUES (1, coalesce((SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 0));

CREATE INDEX user_gone ON user (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX session_ended ON session (ended_at) WHERE expires_at IS NULL AND ended_at IS NOT NULL;

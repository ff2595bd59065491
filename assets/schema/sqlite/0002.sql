-- API tokens. digest: SHA-256 of the token; the token itself is nowhere. expires_at NULL: no end. A revoked row is kept a
-- while. The rows go with their owner even where a program that does not know this table erases one.

CREATE TABLE api_token (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user_seq INTEGER NOT NULL REFERENCES user (seq) ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER CHECK (typeof(expires_at) IN ('integer', 'null')),
    last_used_at INTEGER,
    revoked_at INTEGER,
    revoked_by TEXT
);

CREATE UNIQUE INDEX api_token_name ON api_token (user_seq, name_key) WHERE revoked_at IS NULL;
CREATE INDEX api_token_user ON api_token (user_seq, created_at, seq);
CREATE INDEX api_token_revoked ON api_token (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX api_token_expiry ON api_token (expires_at) WHERE expires_at IS NOT NULL;

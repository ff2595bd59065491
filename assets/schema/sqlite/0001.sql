-- Times are UTC milliseconds. A column by which lists are ordered holds one type only, so that a row written by another
-- program cannot break the paging of all the others.

CREATE TABLE user (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL CHECK (typeof(name_key) = 'text'),
    email TEXT,
    email_key TEXT,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    status_by TEXT,
    status_at INTEGER,
    note TEXT,
    labels TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    activated_at INTEGER,
    last_login_at INTEGER CHECK (typeof(last_login_at) IN ('integer', 'null')),
    -- The last use of any session or API token, up to an hour late. It stays when the session or token is removed.
    last_used_at INTEGER CHECK (typeof(last_used_at) IN ('integer', 'null')),
    valid_until INTEGER,
    deleted_at INTEGER,
    password_set_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1
);

CREATE UNIQUE INDEX user_name ON user (name_key) WHERE deleted_at IS NULL;
CREATE INDEX user_created ON user (created_at, seq) WHERE deleted_at IS NULL;
CREATE INDEX user_login ON user (coalesce(last_login_at, 0), seq) WHERE deleted_at IS NULL;
CREATE INDEX user_pending ON user (created_at, seq) WHERE deleted_at IS NULL AND status = 'pending';
CREATE INDEX user_inactive ON user (created_at, seq) WHERE deleted_at IS NULL AND status NOT IN ('active', 'pending');
CREATE INDEX user_admin ON user (created_at, seq) WHERE deleted_at IS NULL AND role = 'admin';
CREATE INDEX user_deleted ON user (created_at, seq) WHERE deleted_at IS NOT NULL;
CREATE INDEX user_deleted_login ON user (coalesce(last_login_at, 0), seq) WHERE deleted_at IS NOT NULL;
CREATE INDEX user_deleted_name ON user (name_key, seq) WHERE deleted_at IS NOT NULL;

-- Apart from the user, so that a list of people never reads a hash.
CREATE TABLE credential (
    user_seq INTEGER PRIMARY KEY REFERENCES user (seq),
    hash TEXT NOT NULL
);

-- expires_at NULL: never. digest: SHA-256 of the token; the token itself is nowhere.
CREATE TABLE session (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user_seq INTEGER NOT NULL REFERENCES user (seq),
    digest BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL CHECK (typeof(created_at) = 'integer'),
    expires_at INTEGER,
    idle INTEGER,
    last_used_at INTEGER,
    client TEXT,
    client_key TEXT,
    address TEXT,
    address_key TEXT,
    ended_at INTEGER,
    ended_by TEXT,
    refused INTEGER NOT NULL DEFAULT 0,
    refused_at INTEGER
);

CREATE INDEX session_user ON session (user_seq, created_at);
CREATE INDEX session_live ON session (user_seq, coalesce(expires_at, 9223372036854775807)) WHERE ended_at IS NULL;
CREATE INDEX session_created ON session (created_at, seq);
CREATE INDEX session_expiry ON session (expires_at) WHERE expires_at IS NOT NULL;

-- user_seq NULL: a request for a name that nobody has.
CREATE TABLE reset (
    digest BLOB NOT NULL PRIMARY KEY,
    user_seq INTEGER REFERENCES user (seq),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

CREATE INDEX reset_user ON reset (user_seq) WHERE user_seq IS NOT NULL;
CREATE INDEX reset_expiry ON reset (expires_at);

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    deed TEXT NOT NULL,
    target TEXT,
    detail_digest BLOB NOT NULL,
    digest BLOB NOT NULL
);

CREATE INDEX audit_target ON audit (target, seq) WHERE target IS NOT NULL;
CREATE INDEX audit_actor ON audit (actor_id, seq) WHERE actor_id IS NOT NULL;

-- What a purge erases; the chain covers only its digest.
CREATE TABLE audit_detail (
    seq INTEGER PRIMARY KEY REFERENCES audit (seq),
    json TEXT NOT NULL
);

-- Failed log-ins of a person within a minute; user_seq 0 is nobody.
CREATE TABLE failure (
    user_seq INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last INTEGER NOT NULL,
    address TEXT,
    UNIQUE (user_seq, minute)
);

CREATE INDEX failure_minute ON failure (minute);

CREATE TABLE policy (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row: a reader that remembers it knows what to read again.
CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    users INTEGER NOT NULL,
    sessions INTEGER NOT NULL
);

INSERT INTO counter (one, users, sessions) VALUES (1, 0, 0);

-- The oldest schema whose programs can go on working with this file. A step leaves it alone where nothing is lost or
-- weakened by a program that does not know of it.
CREATE TABLE compatible (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since INTEGER NOT NULL
);

INSERT INTO compatible (one, since) VALUES (1, 1);

-- sealed: nonce, ciphertext and tag of the TOTP secret under the key of this name, which is nowhere in the database.
-- last_step: the last time step whose code was taken.
CREATE TABLE factor (
    user_seq INTEGER PRIMARY KEY REFERENCES user (seq) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    enabled_at INTEGER NOT NULL
);

-- A code that was used is gone. digest: SHA-256 of the code and its owner's id.
CREATE TABLE backup_code (
    user_seq INTEGER NOT NULL REFERENCES user (seq) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    PRIMARY KEY (user_seq, digest)
) WITHOUT ROWID;

-- Whether the password is long enough to stand without a second factor; NULL where nobody noted it.
ALTER TABLE credential ADD COLUMN alone INTEGER;

-- Who does not know this table would log people in by their password alone, and without the waits of 0003.
UPDATE compatible SET since = 4;

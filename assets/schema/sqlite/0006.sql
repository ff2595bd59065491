-- At most one row: the last entry that was removed from the beginning of the audit, after it was exported. What is left
-- verifies from its digest on, and the entry of an export that lies behind it says that it may.
CREATE TABLE audit_floor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    digest BLOB NOT NULL
);

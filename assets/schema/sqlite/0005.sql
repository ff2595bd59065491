-- The order by status: who waits first, then who is kept out, then all others; of each the newest first.

CREATE INDEX user_status ON user (CASE status WHEN 'active' THEN 1 WHEN 'pending' THEN 3 ELSE 2 END, seq)
    WHERE deleted_at IS NULL;
CREATE INDEX user_deleted_status ON user (CASE status WHEN 'active' THEN 1 WHEN 'pending' THEN 3 ELSE 2 END, seq)
    WHERE deleted_at IS NOT NULL;

-- A large fleet is sealed part by part, so that a window of it need not fit into memory at once: each row of the head names its part.
-- Servers that know no parts write 0, and read and seal every row as before.

ALTER TABLE head_log ADD COLUMN shard smallint NOT NULL DEFAULT 0;
COMMENT ON TABLE head_log IS 'Samples that are not sealed yet, one row for each write of a source; of a large fleet, one for each write and part';
COMMENT ON COLUMN head_log.tick_ms IS 'Time of its newest sample, moved down by less than a second to one that no other part uses. All its samples lie in the same two hours';
COMMENT ON COLUMN head_log.shard IS 'Which part of the fleet. Only a hint: a container may be in rows of several parts';

COMMENT ON COLUMN container.last_seen_at IS 'When its state was last written: when it changes, and every hour. One that is not removed was seen by the last poll of its source, too';

-- The head without a key. A poll that is written twice does no harm: of a sample that is there twice one is kept, in memory and by sealing.
-- Looking for an equal key, and keeping the index to do so, cost a fifth of every write. What is late is looked up by its time and keeps an
-- index; a window is read whole.
--
-- A server from before this asks for the key at every write. It is refused, holds its polls as it does while the database is away, and
-- writes none of them twice: replace it soon.

ALTER TABLE head_log DROP CONSTRAINT head_log_pkey;
CREATE INDEX head_late_tick_ms ON head_late (tick_ms);
COMMENT ON COLUMN head_log.tick_ms IS 'Time of its newest sample. All its samples lie in the same two hours';

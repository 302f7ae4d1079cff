-- A sample that comes late is merged with the stored ones of its time. When these have been removed, only rollups are left, which it must not
-- replace: how far samples have been removed is noted, and what is older is not kept.

ALTER TABLE sample_progress ADD COLUMN removed_until_ms bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sample_progress.removed_until_ms IS 'Samples from before this moment were removed by retention; milliseconds since 1970-01-01 UTC';

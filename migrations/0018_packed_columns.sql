-- The columns of a day in one value. Postgres cuts what is large into pieces that fill its pages; eight columns of some hundred bytes to a few
-- thousand each left a fifth of every page empty. Rows that there are stay as they are and are read as before; those that are written from now
-- on have all their columns in `packed`. An older server that reads such a row says that it cannot.

ALTER TABLE chunk_1d ADD COLUMN packed bytea;
ALTER TABLE chunk_1d ALTER COLUMN packed SET STORAGE EXTERNAL;
ALTER TABLE chunk_1d ALTER COLUMN at DROP NOT NULL;
COMMENT ON COLUMN chunk_1d.packed IS 'at, working_set, usage, anon, limit_bytes, tasks, task_kind and kernel_tasks in one, whose own columns are null then';

ALTER TABLE roll_5m ADD COLUMN packed bytea;
ALTER TABLE roll_5m ALTER COLUMN packed SET STORAGE EXTERNAL;
COMMENT ON COLUMN roll_5m.packed IS 'working_set, usage, cache, anon, limit_bytes, tasks, kernel_tasks and task_kind in one, whose own columns are null then';

CREATE OR REPLACE VIEW chunk AS
    SELECT container_id, start_ms, 7200000::bigint AS length_ms, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks, NULL::bytea AS packed
    FROM chunk_2h
    UNION ALL
    SELECT container_id, start_ms, 86400000::bigint, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks, packed
    FROM chunk_1d;

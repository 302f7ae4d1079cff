-- Finished days: the chunks of a day are merged into one row of chunk_1d for each container, and its rollups into one row of roll_5m.
-- Until then every chunk_2h has the rollups of its own two hours. Hourly rollups are plain columns, to be read by people too.

CREATE TABLE chunk_1d (
    container_id bigint NOT NULL,
    start_ms     bigint NOT NULL CHECK (start_ms % 86400000 = 0),
    at           bytea NOT NULL,
    working_set  bytea,
    usage        bytea,
    anon         bytea,
    limit_bytes  bytea,
    tasks        bytea,
    task_kind    bytea,
    kernel_tasks bytea,
    PRIMARY KEY (container_id, start_ms)
) PARTITION BY RANGE (start_ms);
COMMENT ON TABLE chunk_1d IS 'Every sample of one container in a finished day, at full resolution, a compressed column for each metric';
COMMENT ON COLUMN chunk_1d.at IS 'Their times, in milliseconds after start_ms';
COMMENT ON COLUMN chunk_1d.working_set IS 'Null when no sample has a value; the same holds for every metric';
-- The columns are compressed already.
ALTER TABLE chunk_1d
    ALTER COLUMN at SET STORAGE EXTERNAL,
    ALTER COLUMN working_set SET STORAGE EXTERNAL,
    ALTER COLUMN usage SET STORAGE EXTERNAL,
    ALTER COLUMN anon SET STORAGE EXTERNAL,
    ALTER COLUMN limit_bytes SET STORAGE EXTERNAL,
    ALTER COLUMN tasks SET STORAGE EXTERNAL,
    ALTER COLUMN task_kind SET STORAGE EXTERNAL,
    ALTER COLUMN kernel_tasks SET STORAGE EXTERNAL;

-- A new column without a default: nothing is rewritten.
ALTER TABLE chunk_2h ADD COLUMN rolled bytea;
ALTER TABLE chunk_2h ALTER COLUMN rolled SET STORAGE EXTERNAL;
COMMENT ON TABLE chunk_2h IS 'The same for two hours of a day that is not merged into chunk_1d yet';
COMMENT ON COLUMN chunk_2h.rolled IS 'Five-minute rollups of these two hours; null in chunks older than this column, whose rollups are in roll_5m already';

-- While a day is being merged its samples may be in both: whoever reads takes each moment once, from the day if it has it.
CREATE VIEW chunk AS
    SELECT container_id, start_ms, 7200000::bigint AS length_ms, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks
    FROM chunk_2h
    UNION ALL
    SELECT container_id, start_ms, 86400000::bigint, at, working_set, usage, anon, limit_bytes, tasks, task_kind, kernel_tasks
    FROM chunk_1d;
COMMENT ON VIEW chunk IS 'All sealed samples, whatever time a row covers';

CREATE TABLE roll_1h (
    at               timestamptz NOT NULL,
    container_id     bigint NOT NULL,
    working_set_min  bigint,
    working_set_max  bigint,
    working_set_avg  bigint,
    working_set_last bigint,
    usage_min        bigint,
    usage_max        bigint,
    usage_avg        bigint,
    usage_last       bigint,
    cache_min        bigint,
    cache_max        bigint,
    cache_avg        bigint,
    cache_last       bigint,
    anon_min         bigint,
    anon_max         bigint,
    anon_avg         bigint,
    anon_last        bigint,
    limit_min        bigint,
    limit_max        bigint,
    limit_avg        bigint,
    limit_last       bigint,
    tasks_min        integer,
    tasks_max        integer,
    tasks_avg        integer,
    tasks_last       integer,
    kernel_tasks_min integer,
    kernel_tasks_max integer,
    kernel_tasks_avg integer,
    kernel_tasks_last integer,
    samples          integer NOT NULL,
    task_kind        smallint,
    PRIMARY KEY (container_id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE roll_1h IS 'Minimum, maximum, average and last value of every hour of one container';
COMMENT ON COLUMN roll_1h.at IS 'Begin of the hour';
COMMENT ON COLUMN roll_1h.samples IS 'How many samples they are taken from';
COMMENT ON COLUMN roll_1h.task_kind IS 'What tasks counts: 1 goroutines, 2 tokio tasks, 3 JVM threads, 4 threads, 5 kernel tasks';

CREATE TABLE sample_progress (
    only_row            boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    merged_day_ms       bigint NOT NULL DEFAULT 0,
    merged_container_id bigint NOT NULL DEFAULT 0,
    hourly_since_ms     bigint NOT NULL
);
COMMENT ON TABLE sample_progress IS 'How far the upkeep of samples is: a single row';
COMMENT ON COLUMN sample_progress.merged_day_ms IS 'Days are merged one after the other, each in the order of containers. This is the day of the last one';
COMMENT ON COLUMN sample_progress.merged_container_id IS 'The last container of that day that is merged';
COMMENT ON COLUMN sample_progress.hourly_since_ms IS 'What was sealed from then on is in roll_1h; of earlier hours some may be in roll_5m alone';
-- Rollups that are there already have no hours, and nothing in SQL can read them. Days that still have chunks get theirs when they are merged.
INSERT INTO sample_progress (hourly_since_ms)
    SELECT CASE WHEN EXISTS (SELECT FROM sample_partition) THEN (extract(epoch FROM now()) * 1000)::bigint / 86400000 * 86400000 + 86400000 ELSE 0 END;

ALTER TABLE sample_partition DROP CONSTRAINT sample_partition_parent_check;
ALTER TABLE sample_partition ADD CONSTRAINT sample_partition_parent_check CHECK (parent IN ('chunk_2h', 'chunk_1d', 'roll_5m', 'roll_1h'));
COMMENT ON TABLE sample_partition IS 'Partitions of the tables of samples: retention drops whole ones';

-- Makes sure that the partition for one moment exists: a day of chunk_2h, a week of chunk_1d, four weeks of rollups.
CREATE OR REPLACE FUNCTION make_sample_partition(parent text, at_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    width_ms  bigint := 86400000 * CASE parent WHEN 'chunk_2h' THEN 1 WHEN 'chunk_1d' THEN 7 ELSE 28 END::bigint;
    begin_ms  bigint := at_ms - at_ms % width_ms;
    bounds    bigint[] := ARRAY[begin_ms, begin_ms + width_ms];
    partition text := parent || to_char(to_timestamp(begin_ms / 1000) AT TIME ZONE 'UTC', '_YYYYMMDD');
    limits    text[] := CASE parent
        WHEN 'roll_1h' THEN ARRAY(SELECT to_timestamp(bound / 1000)::text FROM unnest(bounds) AS bound)
        ELSE bounds::text[]
    END;
BEGIN
    IF EXISTS (SELECT FROM sample_partition p WHERE p.name = partition) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('inquest sample_partition'));
    INSERT INTO sample_partition VALUES (partition, parent, bounds[1], bounds[2]) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', partition, parent, limits[1], limits[2]);
    END IF;
END $$;

-- Drops the partition of one moment, if there is one.
CREATE FUNCTION drop_sample_partition(parent text, at_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inquest sample_partition'));
    FOR old IN
        DELETE FROM sample_partition p
        WHERE p.parent = drop_sample_partition.parent AND at_ms >= p.from_ms AND at_ms < p.to_ms
        RETURNING p.name
    LOOP
        EXECUTE format('DROP TABLE %I', old.name);
    END LOOP;
END $$;

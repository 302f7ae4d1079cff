-- Samples. Polls are appended to head_log; sealing moves what is older than two hours into chunk_2h and roll_5m, in one transaction.
-- Every sample is therefore either in head_log or in chunk_2h, never in both and never in neither.
-- All start_ms and tick_ms are milliseconds since 1970-01-01 UTC. The columns of type bytea are read by server/src/store/series/.

CREATE TABLE head_log (
    tick_ms   bigint NOT NULL,
    source_id bigint NOT NULL REFERENCES source,
    payload   bytea NOT NULL,
    -- In this order: rows are appended at one end of the index, whatever the number of sources.
    PRIMARY KEY (tick_ms, source_id)
) WITH (toast_tuple_target = 8160);
-- Varints hardly compress; trying to would cost more than it saves.
ALTER TABLE head_log ALTER COLUMN payload SET STORAGE EXTERNAL;
COMMENT ON TABLE head_log IS 'Samples of polls that are not sealed yet, one row for each poll of a source';
COMMENT ON COLUMN head_log.payload IS 'Self-delimiting frames, each with version and checksum';

CREATE TABLE chunk_2h (
    container_id bigint NOT NULL,
    start_ms     bigint NOT NULL CHECK (start_ms % 7200000 = 0),
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
COMMENT ON TABLE chunk_2h IS 'Every sample of one container in two hours, at full resolution, a compressed column for each metric';
COMMENT ON COLUMN chunk_2h.at IS 'Their times, in milliseconds after start_ms';
COMMENT ON COLUMN chunk_2h.working_set IS 'Null when no sample has a value; the same holds for every metric';

CREATE TABLE roll_5m (
    container_id bigint NOT NULL,
    start_ms     bigint NOT NULL CHECK (start_ms % 86400000 = 0),
    working_set  bytea,
    usage        bytea,
    cache        bytea,
    anon         bytea,
    limit_bytes  bytea,
    tasks        bytea,
    task_kind    bytea,
    kernel_tasks bytea,
    PRIMARY KEY (container_id, start_ms)
) PARTITION BY RANGE (start_ms);
COMMENT ON TABLE roll_5m IS 'Minimum, maximum, last value, average and number of samples of every 5 minutes of a day of one container';

-- The columns are compressed already.
ALTER TABLE chunk_2h
    ALTER COLUMN at SET STORAGE EXTERNAL,
    ALTER COLUMN working_set SET STORAGE EXTERNAL,
    ALTER COLUMN usage SET STORAGE EXTERNAL,
    ALTER COLUMN anon SET STORAGE EXTERNAL,
    ALTER COLUMN limit_bytes SET STORAGE EXTERNAL,
    ALTER COLUMN tasks SET STORAGE EXTERNAL,
    ALTER COLUMN task_kind SET STORAGE EXTERNAL,
    ALTER COLUMN kernel_tasks SET STORAGE EXTERNAL;
ALTER TABLE roll_5m
    ALTER COLUMN working_set SET STORAGE EXTERNAL,
    ALTER COLUMN usage SET STORAGE EXTERNAL,
    ALTER COLUMN cache SET STORAGE EXTERNAL,
    ALTER COLUMN anon SET STORAGE EXTERNAL,
    ALTER COLUMN limit_bytes SET STORAGE EXTERNAL,
    ALTER COLUMN tasks SET STORAGE EXTERNAL,
    ALTER COLUMN task_kind SET STORAGE EXTERNAL,
    ALTER COLUMN kernel_tasks SET STORAGE EXTERNAL;

CREATE TABLE sample_partition (
    name     text PRIMARY KEY,
    parent   text NOT NULL CHECK (parent IN ('chunk_2h', 'roll_5m')),
    from_ms  bigint NOT NULL,
    to_ms    bigint NOT NULL CHECK (to_ms > from_ms),
    UNIQUE (parent, from_ms)
);
COMMENT ON TABLE sample_partition IS 'Partitions of chunk_2h and roll_5m: retention drops whole ones';

-- Makes sure that the partition for one moment exists: a day of chunk_2h, four weeks of roll_5m.
CREATE FUNCTION make_sample_partition(parent text, at_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    width_ms  bigint := CASE parent WHEN 'chunk_2h' THEN 86400000 WHEN 'roll_5m' THEN 28 * 86400000::bigint END;
    begin_ms  bigint := at_ms - at_ms % width_ms;
    partition text := parent || to_char(to_timestamp(begin_ms / 1000) AT TIME ZONE 'UTC', '_YYYYMMDD');
BEGIN
    IF EXISTS (SELECT FROM sample_partition p WHERE p.name = partition) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('inquest sample_partition'));
    INSERT INTO sample_partition VALUES (partition, parent, begin_ms, begin_ms + width_ms) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)', partition, parent, begin_ms, begin_ms + width_ms);
    END IF;
END $$;

-- Drops the partitions that ended before a moment, and returns how many that were.
CREATE FUNCTION drop_sample_partitions(parent text, before_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    old     record;
    dropped bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('inquest sample_partition'));
    FOR old IN
        DELETE FROM sample_partition p
        WHERE p.parent = drop_sample_partitions.parent AND p.to_ms <= before_ms
        RETURNING p.name
    LOOP
        EXECUTE format('DROP TABLE %I', old.name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- The head in windows: sealing a window reads it and drops its table, where deleting its rows wrote every page of them anew, and the log of
-- the database with it. The rows that there are stay where they are: what was head_log becomes head_late, the partition of everything that has
-- no window of its own. Servers that know no windows insert into head_log and delete from it as before.

ALTER TABLE head_log RENAME TO head_late;
ALTER INDEX head_log_pkey RENAME TO head_late_pkey;
-- Dropping a table that refers to another one locks that one too. A source is never removed.
ALTER TABLE head_late DROP CONSTRAINT head_log_source_id_fkey;

CREATE TABLE head_log (
    tick_ms   bigint NOT NULL,
    source_id bigint NOT NULL,
    payload   bytea NOT NULL,
    shard     smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (tick_ms, source_id)
) PARTITION BY RANGE (tick_ms);
ALTER TABLE head_log ALTER COLUMN payload SET STORAGE EXTERNAL;
ALTER TABLE head_log ATTACH PARTITION head_late DEFAULT;
COMMENT ON TABLE head_log IS 'Samples that are not sealed yet, one row for each write of a source; of a large fleet, one for each write and part';
COMMENT ON COLUMN head_log.tick_ms IS 'Time of its newest sample, moved down by less than a second to one that no other part uses. All its samples lie in the same two hours';
COMMENT ON COLUMN head_log.payload IS 'Self-delimiting frames, each with version and checksum';
COMMENT ON COLUMN head_log.shard IS 'Which part of the fleet. Only a hint: a container may be in rows of several parts';
COMMENT ON TABLE head_late IS 'The rows of head_log for whose time there is no window: what came late, and history. Sealing deletes them';

CREATE TABLE head_window (
    start_ms bigint PRIMARY KEY CHECK (start_ms % 7200000 = 0),
    name     text NOT NULL UNIQUE,
    closed   boolean NOT NULL DEFAULT false,
    sealed   smallint[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE head_window IS 'Windows of two hours of head_log, each a table, until they are sealed';
COMMENT ON COLUMN head_window.closed IS 'It is no partition of head_log any longer, so that nothing can be added to it: what comes now for its time is late';
COMMENT ON COLUMN head_window.sealed IS 'Parts of the fleet of which everything is in chunks already';

-- Makes sure that a window has a table, unless rows of it are among the late ones already.
CREATE FUNCTION open_head_window(window_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    window_name text := 'head_' || to_char(to_timestamp(window_ms / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD_HH24');
BEGIN
    IF EXISTS (SELECT FROM head_window w WHERE w.start_ms = window_ms)
        OR EXISTS (SELECT FROM head_late l WHERE l.tick_ms >= window_ms AND l.tick_ms < window_ms + 7200000)
    THEN
        RETURN;
    END IF;
    -- Another server is about to make it: rows that come before are late, which costs a little and loses nothing.
    IF NOT pg_try_advisory_xact_lock(hashtext('inquest head_window')) THEN
        RETURN;
    END IF;
    INSERT INTO head_window (start_ms, name) VALUES (window_ms, window_name) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        -- It lives for two hours and nothing in it changes: there is nothing to vacuum.
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF head_log FOR VALUES FROM (%s) TO (%s) WITH (toast_tuple_target = 8160, autovacuum_enabled = false)',
            window_name, window_ms, window_ms + 7200000);
    END IF;
END $$;

-- Takes a window out of head_log. Waits for those who write into it.
CREATE FUNCTION close_head_window(window_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    window_name text;
BEGIN
    UPDATE head_window w SET closed = true WHERE w.start_ms = window_ms AND NOT w.closed RETURNING w.name INTO window_name;
    IF FOUND THEN
        EXECUTE format('ALTER TABLE head_log DETACH PARTITION %I', window_name);
    END IF;
END $$;

-- A part of the fleet of which a closed window has rows that are not in chunks yet; null when there is none.
CREATE FUNCTION unsealed_part(window_ms bigint) RETURNS smallint LANGUAGE plpgsql STABLE AS $$
DECLARE
    closed head_window;
    part   smallint;
BEGIN
    SELECT * INTO closed FROM head_window w WHERE w.start_ms = window_ms AND w.closed;
    IF FOUND THEN
        EXECUTE format('SELECT shard FROM %I WHERE shard <> ALL ($1) LIMIT 1', closed.name) USING closed.sealed INTO part;
    END IF;
    RETURN part;
END $$;

-- The rows of one part of a closed window, or of all parts.
CREATE FUNCTION closed_head(window_ms bigint, part smallint) RETURNS TABLE (tick_ms bigint, payload bytea) LANGUAGE plpgsql STABLE AS $$
DECLARE
    window_name text;
BEGIN
    SELECT w.name INTO window_name FROM head_window w WHERE w.start_ms = window_ms AND w.closed;
    IF FOUND THEN
        RETURN QUERY EXECUTE format('SELECT tick_ms, payload FROM %I WHERE $1 IS NULL OR shard = $1', window_name) USING part;
    END IF;
END $$;

-- Drops a closed window.
CREATE FUNCTION drop_head_window(window_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    window_name text;
BEGIN
    DELETE FROM head_window w WHERE w.start_ms = window_ms AND w.closed RETURNING w.name INTO window_name;
    IF FOUND THEN
        EXECUTE format('DROP TABLE %I', window_name);
    END IF;
END $$;

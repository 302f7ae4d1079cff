-- What is kept around one end of a run beside its entry in the ledger: the tail of its log, the panic in it, its last readings at full
-- resolution, who else used memory, earlier verdicts, and what people say it was.

CREATE TABLE run_log (
    container_id   bigint NOT NULL REFERENCES container,
    run_started_at timestamptz NOT NULL,
    workload_id    bigint NOT NULL REFERENCES workload,
    ended_at       timestamptz NOT NULL,
    text           text NOT NULL,
    line_ms        bigint[] NOT NULL,
    line_is_err    boolean[] NOT NULL,
    is_cut         boolean NOT NULL,
    redacted       integer NOT NULL,
    missing        text,
    -- 'simple': no language, no stop words. Logs are full of names, and "not" may be what is looked for.
    words          tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED,
    PRIMARY KEY (container_id, run_started_at)
);
CREATE INDEX run_log_words ON run_log USING gin (words);
CREATE INDEX run_log_by_time ON run_log (ended_at DESC);
CREATE INDEX run_log_of_workload ON run_log (workload_id, ended_at DESC);
COMMENT ON TABLE run_log IS 'The last lines that a run wrote, without secrets, or why they are not known';
COMMENT ON COLUMN run_log.text IS 'The lines, oldest first; empty when the run wrote nothing or its log is missing';
COMMENT ON COLUMN run_log.line_ms IS 'When the engine took each line, in milliseconds since 1970; 0 when it did not say';
COMMENT ON COLUMN run_log.line_is_err IS 'Whether each line was written to standard error';
COMMENT ON COLUMN run_log.is_cut IS 'Whether the run wrote more than this';
COMMENT ON COLUMN run_log.redacted IS 'How many secrets were taken out';
COMMENT ON COLUMN run_log.missing IS 'Why there is no log; null when it was read';
COMMENT ON COLUMN run_log.words IS 'For full text search: words @@ websearch_to_tsquery(''simple'', …)';

CREATE TABLE panic (
    restart_id  bigint PRIMARY KEY REFERENCES restart ON DELETE CASCADE,
    workload_id bigint NOT NULL REFERENCES workload,
    ended_at    timestamptz NOT NULL,
    image       text NOT NULL,
    fingerprint text NOT NULL,
    language    text NOT NULL,
    kind        text NOT NULL,
    message     text NOT NULL,
    detail      jsonb NOT NULL
);
CREATE INDEX panic_group ON panic (workload_id, fingerprint, ended_at);
CREATE INDEX panic_by_fingerprint ON panic (fingerprint);
COMMENT ON TABLE panic IS 'What the program said of its own end, found in its log; kept longer than the log';
COMMENT ON COLUMN panic.fingerprint IS 'The same for the same fault in every build and run: language, version of the method, hash';
COMMENT ON COLUMN panic.detail IS 'The whole of it: frames, and its first line within the log';

CREATE TABLE verdict_revision (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    restart_id bigint NOT NULL REFERENCES restart ON DELETE CASCADE,
    at         timestamptz NOT NULL DEFAULT now(),
    reason     text NOT NULL,
    cause      text NOT NULL,
    confidence text NOT NULL,
    evidence   jsonb NOT NULL
);
CREATE INDEX verdict_revision_of_restart ON verdict_revision (restart_id, id);
COMMENT ON TABLE verdict_revision IS 'Verdicts that were replaced by the one after them, the last by that in restart';
COMMENT ON COLUMN verdict_revision.at IS 'When it was replaced';
COMMENT ON COLUMN verdict_revision.reason IS 'What had become known';

CREATE TABLE correction (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    restart_id bigint NOT NULL REFERENCES restart ON DELETE CASCADE,
    at         timestamptz NOT NULL DEFAULT now(),
    cause      text NOT NULL,
    note       text NOT NULL
);
CREATE INDEX correction_of_restart ON correction (restart_id, id);
COMMENT ON TABLE correction IS 'What a person says the cause was; it stands beside the verdict, which stays. The newest counts';

CREATE TABLE black_box (
    restart_id  bigint PRIMARY KEY REFERENCES restart ON DELETE CASCADE,
    from_ms     bigint NOT NULL,
    to_ms       bigint NOT NULL,
    is_complete boolean NOT NULL,
    readings    bytea[] NOT NULL,
    neighbours  jsonb NOT NULL
);
-- The columns are compressed already.
ALTER TABLE black_box ALTER COLUMN readings SET STORAGE EXTERNAL;
COMMENT ON TABLE black_box IS 'Readings around an end at full resolution, kept as long as the restart, and who used most memory then';
COMMENT ON COLUMN black_box.is_complete IS 'Whether the minutes after the end are in it too';
COMMENT ON COLUMN black_box.readings IS 'Compressed columns, as in chunk_1d: times in milliseconds after from_ms, working set, usage, anon, limit, tasks, task kind, kernel tasks, peak, limit hits';
COMMENT ON COLUMN black_box.neighbours IS 'The largest users of memory on the same engine at the moment of the end: [{workload, working_set_bytes, limit_bytes, at, is_itself}]';

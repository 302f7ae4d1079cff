-- The ledger: runs, how they ended, and other dated facts about a workload.

CREATE TABLE run (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    container_id bigint NOT NULL REFERENCES container,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    exit_code    integer,
    UNIQUE (container_id, started_at)
);
CREATE INDEX run_open ON run (container_id) WHERE ended_at IS NULL;
COMMENT ON TABLE run IS 'One process life of a container';
COMMENT ON COLUMN run.ended_at IS 'Null while it runs';
COMMENT ON COLUMN run.exit_code IS 'Null when it was not seen';

CREATE TABLE restart (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workload_id            bigint NOT NULL REFERENCES workload,
    container_id           bigint NOT NULL REFERENCES container,
    run_started_at         timestamptz NOT NULL,
    ended_at               timestamptz NOT NULL,
    started_at             timestamptz,
    exit_code              integer,
    kind                   text NOT NULL,
    image                  text NOT NULL,
    next_image             text,
    counts                 boolean NOT NULL,
    cause                  text NOT NULL,
    confidence             text NOT NULL,
    evidence               jsonb NOT NULL,
    last_sample_at         timestamptz,
    last_working_set_bytes bigint,
    last_usage_bytes       bigint,
    last_anon_bytes        bigint,
    last_limit_bytes       bigint,
    last_tasks             bigint,
    last_task_kind         text,
    last_kernel_tasks      bigint,
    last_peak_bytes        bigint,
    last_limit_hits        bigint,
    -- A run ends once, however often we hear of it.
    UNIQUE (container_id, run_started_at)
);
CREATE INDEX restart_newest ON restart (ended_at DESC, id DESC);
CREATE INDEX restart_of_workload ON restart (workload_id, ended_at DESC, id DESC);
COMMENT ON TABLE restart IS 'A run ended and another began in the same workload, or it died and stayed down: with cause and evidence';
COMMENT ON COLUMN restart.container_id IS 'The container whose run ended';
COMMENT ON COLUMN restart.started_at IS 'When the next run of the workload began; null while it stays down';
COMMENT ON COLUMN restart.kind IS 'How the next run came about';
COMMENT ON COLUMN restart.next_image IS 'The image of the next run, when it is another one';
COMMENT ON COLUMN restart.counts IS 'Whether it is in the restart counts: deploys and operators'' stops are not';
COMMENT ON COLUMN restart.evidence IS 'Everything that was weighed: [{stance, kind, text, at}]';
COMMENT ON COLUMN restart.last_sample_at IS 'When the last reading before the end was taken; the columns last_… are what it said';

CREATE TABLE fact (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workload_id  bigint NOT NULL REFERENCES workload,
    container_id bigint NOT NULL REFERENCES container,
    at           timestamptz NOT NULL,
    kind         text NOT NULL,
    detail       text NOT NULL,
    UNIQUE (container_id, kind, at)
);
CREATE INDEX fact_of_workload ON fact (workload_id, at, id);
CREATE INDEX fact_by_time ON fact (at, id);
COMMENT ON TABLE fact IS 'Dated facts for the timeline other than restarts: child_out_of_memory, deploy';
COMMENT ON COLUMN fact.detail IS 'The sentence people read';

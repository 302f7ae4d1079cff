-- Who is watched: sources, the workloads in them, and the containers that a workload has had.

CREATE TABLE source (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name             text NOT NULL UNIQUE,
    kind             text NOT NULL,
    endpoint         text NOT NULL,
    interval_ms      bigint NOT NULL CHECK (interval_ms > 0),
    first_seen_at    timestamptz NOT NULL DEFAULT now(),
    state            text NOT NULL DEFAULT 'connecting',
    state_since      timestamptz,
    problem          text,
    engine           jsonb,
    last_poll_at     timestamptz,
    last_poll_ms     bigint,
    next_try_at      timestamptz,
    events_connected boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE source IS 'An engine or API that is polled, and how it is';
COMMENT ON COLUMN source.name IS 'Its name in the configuration';
COMMENT ON COLUMN source.engine IS 'What it says about itself; null when it never answered';
COMMENT ON COLUMN source.problem IS 'What failed and how to mend it; null when healthy';

CREATE TABLE workload (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     bigint NOT NULL REFERENCES source,
    grp           text NOT NULL,
    name          text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    UNIQUE (source_id, grp, name)
);
COMMENT ON TABLE workload IS 'What keeps its identity over restarts and recreation of its containers';
COMMENT ON COLUMN workload.grp IS 'Compose project, stack or namespace; empty when it stands alone';

CREATE TABLE container (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id            bigint NOT NULL REFERENCES source,
    workload_id          bigint NOT NULL REFERENCES workload,
    engine_id            text NOT NULL,
    image                text NOT NULL,
    image_id             text NOT NULL,
    limit_bytes          bigint,
    restart_policy       text NOT NULL,
    created_at           timestamptz NOT NULL,
    first_seen_at        timestamptz NOT NULL,
    last_seen_at         timestamptz NOT NULL,
    state                text NOT NULL DEFAULT 'created',
    started_at           timestamptz,
    engine_restart_count bigint,
    probe_problem        text,
    UNIQUE (source_id, engine_id)
);
CREATE INDEX container_newest ON container (workload_id, created_at DESC, id DESC);
COMMENT ON TABLE container IS 'One engine object; a workload has one after the other';
COMMENT ON COLUMN container.engine_id IS 'The id the engine gave it';
COMMENT ON COLUMN container.image_id IS 'Content digest of the image; empty when not told';
COMMENT ON COLUMN container.created_at IS 'When the engine made it, or when we first saw it where the engine does not say';
COMMENT ON COLUMN container.started_at IS 'Start of the present run, or of the last one when it is dead';
COMMENT ON COLUMN container.engine_restart_count IS 'The engine''s own counter, which operators'' starts reset; our counts come from the table restart';
COMMENT ON COLUMN container.probe_problem IS 'Why its configured probe does not answer; null when it does or none is configured';

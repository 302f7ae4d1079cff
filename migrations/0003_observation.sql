-- What sources said, as they said it, and when we could not see.

CREATE TABLE engine_event (
    source_id bigint NOT NULL REFERENCES source,
    at        timestamptz NOT NULL,
    engine_id text NOT NULL,
    action    text NOT NULL,
    exit_code integer,
    signal    integer,
    healthy   boolean,
    spec      jsonb,
    PRIMARY KEY (source_id, at, engine_id, action)
);
COMMENT ON TABLE engine_event IS 'Entries of the engines'' event streams; an entry that is delivered twice is kept once';
COMMENT ON COLUMN engine_event.at IS 'The engine''s own time';
COMMENT ON COLUMN engine_event.engine_id IS 'The container''s engine id; the container may be gone and unknown to us';
COMMENT ON COLUMN engine_event.exit_code IS 'For die';
COMMENT ON COLUMN engine_event.signal IS 'For kill';
COMMENT ON COLUMN engine_event.healthy IS 'For health';
COMMENT ON COLUMN engine_event.spec IS 'Image, name and labels that came with the event';

CREATE TABLE coverage_gap (
    source_id bigint NOT NULL REFERENCES source,
    kind      text NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    reason    text NOT NULL,
    PRIMARY KEY (source_id, kind, began_at),
    CHECK (ended_at >= began_at)
);
COMMENT ON TABLE coverage_gap IS 'Stretches in which we could not see';
COMMENT ON COLUMN coverage_gap.kind IS 'What is missing: polls, events, storage';
COMMENT ON COLUMN coverage_gap.ended_at IS 'Null while it lasts';

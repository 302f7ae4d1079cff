-- Consecutive restarts for the same reason are one incident. An incident outlives its restarts and the samples beside them.

CREATE TABLE incident (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id    bigint NOT NULL REFERENCES source,
    workload_id  bigint REFERENCES workload,
    cause        text NOT NULL,
    fault        text,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'resolved')),
    urgency      smallint NOT NULL GENERATED ALWAYS AS (CASE state WHEN 'open' THEN 2 WHEN 'acknowledged' THEN 1 ELSE 0 END) STORED,
    owner        text,
    first_run_at timestamptz NOT NULL,
    began_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    restarts     integer NOT NULL CHECK (restarts > 0),
    quiet_at     timestamptz NOT NULL,
    reopened_at  timestamptz,
    acknowledged boolean NOT NULL DEFAULT false,
    resolved_at  timestamptz,
    resolved_by  text CHECK (resolved_by IN ('quiet', 'person')),
    frozen       jsonb,
    CHECK ((state = 'resolved') = (resolved_at IS NOT NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE INDEX incident_by_urgency ON incident (urgency DESC, last_at DESC, id DESC);
CREATE INDEX incident_of_subject ON incident (source_id, workload_id, cause, last_at DESC);
CREATE INDEX incident_of_workload ON incident (workload_id, last_at DESC);
CREATE INDEX incident_of_fault ON incident (fault, last_at DESC) WHERE fault IS NOT NULL;
CREATE INDEX incident_going_on ON incident (quiet_at) WHERE state <> 'resolved';
CREATE INDEX incident_to_freeze ON incident (resolved_at) WHERE state = 'resolved' AND frozen IS NULL;
COMMENT ON TABLE incident IS 'Consecutive restarts for the same reason, from the first until it was quiet for long enough';
COMMENT ON COLUMN incident.workload_id IS 'Whose; null when it is about the whole source: its engine or its host';
COMMENT ON COLUMN incident.fault IS 'Fingerprint of the panic, where a log named one';
COMMENT ON COLUMN incident.urgency IS 'Open before acknowledged before resolved: the order of lists';
COMMENT ON COLUMN incident.owner IS 'Who looks after it, as people wrote it';
COMMENT ON COLUMN incident.first_run_at IS 'When the run had begun with whose end it began';
COMMENT ON COLUMN incident.began_at IS 'The first end of a run in it';
COMMENT ON COLUMN incident.last_at IS 'The newest end of a run in it';
COMMENT ON COLUMN incident.restarts IS 'How many ends; also when the restarts themselves are no longer kept';
COMMENT ON COLUMN incident.quiet_at IS 'When it is over by itself if nothing more happens';
COMMENT ON COLUMN incident.reopened_at IS 'When a person last said that it goes on';
COMMENT ON COLUMN incident.frozen IS 'Its charts as they were when it was resolved: they outlive the samples';

CREATE TABLE incident_restart (
    restart_id  bigint PRIMARY KEY REFERENCES restart ON DELETE CASCADE,
    incident_id bigint NOT NULL REFERENCES incident ON DELETE CASCADE,
    ended_at    timestamptz NOT NULL
);
CREATE INDEX restart_of_incident ON incident_restart (incident_id, ended_at DESC, restart_id DESC);
COMMENT ON TABLE incident_restart IS 'Which incident a restart belongs to; those that people caused belong to none';
COMMENT ON COLUMN incident_restart.ended_at IS 'The restart''s own ended_at, with which it was counted';

CREATE TABLE incident_entry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incident ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    who         text,
    text        text NOT NULL DEFAULT ''
);
CREATE INDEX entry_of_incident ON incident_entry (incident_id, at, id);
CREATE INDEX entry_by_time ON incident_entry (at, id);
COMMENT ON TABLE incident_entry IS 'What became of an incident and what people wrote about it; rows are only added';
COMMENT ON COLUMN incident_entry.kind IS 'acknowledged, resolved, reopened, owner or note';
COMMENT ON COLUMN incident_entry.who IS 'The name that was given; null when none was, and when nobody did it';

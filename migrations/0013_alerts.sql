-- Alerts: rules, what they found, what was said of it, and to whom.

CREATE TABLE alert_rule (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    rule       jsonb NOT NULL,
    from_file  boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE alert_rule IS 'What people want to be told';
COMMENT ON COLUMN alert_rule.rule IS 'The rule as domain::alert::Rule has it';
COMMENT ON COLUMN alert_rule.from_file IS 'Whether a file of the configuration has it, which alone may change it';

-- One row. Whoever changes alerts locks it first, so that the state of an alert has one writer at a time.
CREATE TABLE alert_clock (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    ticked_at  timestamptz
);
COMMENT ON COLUMN alert_clock.ticked_at IS 'When all rules were looked at last: what came after was not seen';

CREATE TABLE alert (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id         bigint REFERENCES alert_rule ON DELETE SET NULL,
    rule_name       text NOT NULL,
    severity        text NOT NULL,
    source_id       bigint NOT NULL REFERENCES source,
    workload_id     bigint REFERENCES workload,
    phase           text NOT NULL CHECK (phase IN ('pending', 'firing', 'resolved')),
    began_at        timestamptz NOT NULL,
    since           timestamptz NOT NULL,
    clear_since     timestamptz,
    resolved_at     timestamptz,
    value           float8,
    peak            float8,
    occurrences     integer NOT NULL DEFAULT 0,
    restart_id      bigint,
    suppressed      text,
    told_at         timestamptz,
    reminders       integer NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    acknowledged_by text
);
CREATE UNIQUE INDEX alert_open ON alert (rule_id, source_id, coalesce(workload_id, 0)) WHERE phase <> 'resolved';
CREATE INDEX alert_history ON alert (resolved_at DESC, id DESC) WHERE phase = 'resolved';
COMMENT ON TABLE alert IS 'A rule that found something: one row for each rule and workload while it lasts, and one for each time it was over';
COMMENT ON COLUMN alert.rule_id IS 'Null when the rule is gone';
COMMENT ON COLUMN alert.since IS 'Begin of the wait or of the alert, moved forward by what was not seen of a wait';
COMMENT ON COLUMN alert.restart_id IS 'The newest entry of the ledger that it is about';
COMMENT ON COLUMN alert.suppressed IS 'Why nothing is said of it: silenced, inhibited';

CREATE TABLE alert_notice (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id   bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    key        text NOT NULL UNIQUE,
    notice     text NOT NULL,
    at         timestamptz NOT NULL,
    suppressed text,
    message    jsonb NOT NULL
);
CREATE INDEX alert_notice_of_alert ON alert_notice (alert_id, id);
COMMENT ON TABLE alert_notice IS 'What is to be said: once for each state of an alert, whatever is written twice';
COMMENT ON COLUMN alert_notice.key IS 'Names the state, so that saying it again changes nothing';

CREATE TABLE channel (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text NOT NULL UNIQUE,
    kind            text NOT NULL,
    enabled         boolean NOT NULL DEFAULT true,
    settings        jsonb NOT NULL,
    secrets         bytea,
    group_wait_s    integer NOT NULL DEFAULT 0 CHECK (group_wait_s >= 0),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    last_ok_at      timestamptz,
    last_failed_at  timestamptz,
    last_problem    text
);
COMMENT ON TABLE channel IS 'Where notices go';
COMMENT ON COLUMN channel.settings IS 'Its fields other than secrets';
COMMENT ON COLUMN channel.secrets IS 'Its secret fields, encrypted with a key that is not in the database';
COMMENT ON COLUMN channel.group_wait_s IS 'How long a first notice waits for others that go into the same message';

CREATE TABLE delivery (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id     bigint NOT NULL REFERENCES alert_notice ON DELETE CASCADE,
    channel_id    bigint NOT NULL REFERENCES channel ON DELETE CASCADE,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    batch         bigint,
    attempts      integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL,
    claimed_until timestamptz,
    created_at    timestamptz NOT NULL,
    delivered_at  timestamptz,
    problem       text,
    UNIQUE (notice_id, channel_id)
);
CREATE INDEX delivery_waiting ON delivery (next_try_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_batch ON delivery (batch) WHERE state = 'waiting';
CREATE INDEX delivery_dead ON delivery (id DESC) WHERE state = 'dead';
COMMENT ON TABLE delivery IS 'The outbox: a notice on its way to a channel';
COMMENT ON COLUMN delivery.batch IS 'Deliveries that go in one message, and again in the same when that failed';
COMMENT ON COLUMN delivery.claimed_until IS 'Somebody is sending it until then';

CREATE TABLE silence (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    silence    jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
);
COMMENT ON TABLE silence IS 'Stretches of time in which alerts are seen and not said';
COMMENT ON COLUMN silence.silence IS 'As domain::alert::Silence has it';
COMMENT ON COLUMN silence.ended_at IS 'When somebody ended it before its time';
COMMENT ON TABLE alert_clock IS 'One row, which whoever changes alerts locks first';

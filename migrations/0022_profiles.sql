-- What a program was doing before it ended.

CREATE TABLE profile (
    restart_id bigint PRIMARY KEY REFERENCES restart (id) ON DELETE CASCADE,
    goroutines jsonb NOT NULL
);
COMMENT ON TABLE profile IS 'Goroutines before an end beside those when the run was looked at first, kept as long as the restart';
COMMENT ON COLUMN profile.goroutines IS '{first_at, first_total, last_at, last_total, stacks: [{first, last, frames}]}: the sixteen stacks that became most more';

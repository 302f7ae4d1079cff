-- A limit can be changed while its container lives, more than once: a container then has several deploys, and a proof for each of them.
-- What decides holds the container's row, so that each is decided once. A server of before this version that still runs goes on to write
-- proofs without `deploy_at`: they are about the deploy that the container came with.
ALTER TABLE fact ADD COLUMN deploy_at timestamptz;
DROP INDEX fact_proof;
COMMENT ON COLUMN fact.deploy_at IS 'Of a proof: when the deploy was that it is about; null: when its container was made';

-- An incident of a source that is no longer watched would go on for ever: silence that nobody heard is not quiet.
ALTER TABLE incident DROP CONSTRAINT incident_resolved_by_check;
ALTER TABLE incident ADD CONSTRAINT incident_resolved_by_check CHECK (resolved_by IN ('quiet', 'person', 'unwatched')) NOT VALID;

-- What people choose workloads by: `labels ->> 'team'`. A server of before this version that still runs leaves them empty, and they are filled in
-- when a container is looked at again.
ALTER TABLE container ADD COLUMN labels jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN container.labels IS 'Labels that people gave it, a bounded number; without those that tools write for themselves and what looks like a secret';

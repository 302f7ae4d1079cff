-- no-transaction
-- The page of a workload shows when its alerts fired, in any stretch of time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS alert_of_workload ON alert (workload_id, since);

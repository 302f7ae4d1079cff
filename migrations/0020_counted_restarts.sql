-- no-transaction
-- What the overview counts for each workload, without a look at the rows, which their evidence makes large.
CREATE INDEX CONCURRENTLY IF NOT EXISTS restart_counted ON restart (workload_id, ended_at) WHERE counts;

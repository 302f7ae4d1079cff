-- What psql and Grafana's PostgreSQL data source read: names in place of numbers, units in the names of columns. docs/SQL.md has examples.
-- These views are an interface: columns may be added, and keep their meaning.

CREATE VIEW hourly_memory AS
    SELECT r.at, s.name AS source, w.grp AS workload_group, w.name AS workload, c.engine_id AS container,
           r.working_set_min AS working_set_min_bytes, r.working_set_max AS working_set_max_bytes,
           r.working_set_avg AS working_set_avg_bytes, r.working_set_last AS working_set_last_bytes,
           r.usage_min AS usage_min_bytes, r.usage_max AS usage_max_bytes, r.usage_avg AS usage_avg_bytes, r.usage_last AS usage_last_bytes,
           r.cache_min AS cache_min_bytes, r.cache_max AS cache_max_bytes, r.cache_avg AS cache_avg_bytes, r.cache_last AS cache_last_bytes,
           r.anon_min AS anon_min_bytes, r.anon_max AS anon_max_bytes, r.anon_avg AS anon_avg_bytes, r.anon_last AS anon_last_bytes,
           r.limit_last AS limit_bytes,
           r.working_set_max::float8 / nullif(r.limit_min, 0) AS limit_ratio_max,
           r.samples
    FROM roll_1h r
    JOIN container c ON c.id = r.container_id
    JOIN workload w ON w.id = c.workload_id
    JOIN source s ON s.id = c.source_id;
COMMENT ON VIEW hourly_memory IS 'Memory of every container in every hour, in bytes: minimum, maximum, average and last value';
COMMENT ON COLUMN hourly_memory.at IS 'Begin of the hour. The newest hours come with the next sealing, up to two hours later';
COMMENT ON COLUMN hourly_memory.container IS 'The id the engine gave it';
COMMENT ON COLUMN hourly_memory.working_set_max_bytes IS 'Working set: usage without reclaimable file cache, which counts towards the limit';
COMMENT ON COLUMN hourly_memory.limit_bytes IS 'The limit at the end of the hour; null without a limit';
COMMENT ON COLUMN hourly_memory.limit_ratio_max IS 'Highest working set as a share of the lowest limit of the hour; null without a limit';
COMMENT ON COLUMN hourly_memory.samples IS 'How many readings these are taken from';

CREATE VIEW hourly_tasks AS
    SELECT r.at, s.name AS source, w.grp AS workload_group, w.name AS workload, c.engine_id AS container,
           CASE r.task_kind
               WHEN 1 THEN 'goroutines' WHEN 2 THEN 'tokio_tasks' WHEN 3 THEN 'jvm_threads' WHEN 4 THEN 'threads' WHEN 5 THEN 'kernel_tasks'
           END AS kind,
           r.tasks_min, r.tasks_max, r.tasks_avg, r.tasks_last,
           r.kernel_tasks_min, r.kernel_tasks_max, r.kernel_tasks_avg, r.kernel_tasks_last,
           r.samples
    FROM roll_1h r
    JOIN container c ON c.id = r.container_id
    JOIN workload w ON w.id = c.workload_id
    JOIN source s ON s.id = c.source_id;
COMMENT ON VIEW hourly_tasks IS 'Task counts of every container in every hour: minimum, maximum, average and last value';
COMMENT ON COLUMN hourly_tasks.at IS 'Begin of the hour';
COMMENT ON COLUMN hourly_tasks.kind IS 'What tasks counts: goroutines, tokio_tasks, jvm_threads, threads, kernel_tasks';
COMMENT ON COLUMN hourly_tasks.kernel_tasks_max IS 'Kernel tasks (threads) in the cgroup, whatever the program says';

CREATE VIEW restarts AS
    SELECT r.id, s.name AS source, w.grp AS workload_group, w.name AS workload, c.engine_id AS container,
           r.run_started_at, r.ended_at, r.started_at, r.exit_code, r.kind, r.counts, r.cause, r.confidence, r.image, r.next_image,
           r.last_sample_at, r.last_working_set_bytes, r.last_limit_bytes,
           r.last_working_set_bytes::float8 / nullif(r.last_limit_bytes, 0) AS last_limit_ratio,
           r.last_tasks, r.last_task_kind, r.evidence
    FROM restart r
    JOIN container c ON c.id = r.container_id
    JOIN workload w ON w.id = r.workload_id
    JOIN source s ON s.id = w.source_id;
COMMENT ON VIEW restarts IS 'Every end of a run, with cause and evidence';
COMMENT ON COLUMN restarts.started_at IS 'When the next run of the workload began; null while it stays down';
COMMENT ON COLUMN restarts.counts IS 'Whether it is in the restart counts: deploys and operators'' stops are not';
COMMENT ON COLUMN restarts.last_sample_at IS 'When the last reading before the end was taken; the columns last_… are what it said';
COMMENT ON COLUMN restarts.evidence IS 'Everything that was weighed: [{stance, kind, text, at}]';

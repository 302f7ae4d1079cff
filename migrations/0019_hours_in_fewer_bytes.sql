-- Most statistics of an hour are equal to its last value: limits hardly ever change, most fleets idle. Those are null from now on.
-- Hours that are there already have all of them and are not touched: the views read both.

CREATE OR REPLACE VIEW hourly_memory AS
    SELECT r.at, s.name AS source, w.grp AS workload_group, w.name AS workload, c.engine_id AS container,
           coalesce(r.working_set_min, r.working_set_last) AS working_set_min_bytes,
           coalesce(r.working_set_max, r.working_set_last) AS working_set_max_bytes,
           coalesce(r.working_set_avg, r.working_set_last) AS working_set_avg_bytes, r.working_set_last AS working_set_last_bytes,
           coalesce(r.usage_min, r.usage_last) AS usage_min_bytes, coalesce(r.usage_max, r.usage_last) AS usage_max_bytes,
           coalesce(r.usage_avg, r.usage_last) AS usage_avg_bytes, r.usage_last AS usage_last_bytes,
           coalesce(r.cache_min, r.cache_last) AS cache_min_bytes, coalesce(r.cache_max, r.cache_last) AS cache_max_bytes,
           coalesce(r.cache_avg, r.cache_last) AS cache_avg_bytes, r.cache_last AS cache_last_bytes,
           coalesce(r.anon_min, r.anon_last) AS anon_min_bytes, coalesce(r.anon_max, r.anon_last) AS anon_max_bytes,
           coalesce(r.anon_avg, r.anon_last) AS anon_avg_bytes, r.anon_last AS anon_last_bytes,
           r.limit_last AS limit_bytes,
           coalesce(r.working_set_max, r.working_set_last)::float8 / nullif(coalesce(r.limit_min, r.limit_last), 0) AS limit_ratio_max,
           r.samples
    FROM roll_1h r
    JOIN container c ON c.id = r.container_id
    JOIN workload w ON w.id = c.workload_id
    JOIN source s ON s.id = c.source_id;

CREATE OR REPLACE VIEW hourly_tasks AS
    SELECT r.at, s.name AS source, w.grp AS workload_group, w.name AS workload, c.engine_id AS container,
           CASE r.task_kind
               WHEN 1 THEN 'goroutines' WHEN 2 THEN 'tokio_tasks' WHEN 3 THEN 'jvm_threads' WHEN 4 THEN 'threads' WHEN 5 THEN 'kernel_tasks'
           END AS kind,
           coalesce(r.tasks_min, r.tasks_last) AS tasks_min, coalesce(r.tasks_max, r.tasks_last) AS tasks_max,
           coalesce(r.tasks_avg, r.tasks_last) AS tasks_avg, r.tasks_last,
           coalesce(r.kernel_tasks_min, r.kernel_tasks_last) AS kernel_tasks_min,
           coalesce(r.kernel_tasks_max, r.kernel_tasks_last) AS kernel_tasks_max,
           coalesce(r.kernel_tasks_avg, r.kernel_tasks_last) AS kernel_tasks_avg, r.kernel_tasks_last,
           r.samples
    FROM roll_1h r
    JOIN container c ON c.id = r.container_id
    JOIN workload w ON w.id = c.workload_id
    JOIN source s ON s.id = c.source_id;

COMMENT ON TABLE roll_1h IS 'Minimum, maximum, average and last value of every hour of one container. A minimum, maximum or average that is null is equal to the last value; where that is null too there is no value at all. The views hourly_memory and hourly_tasks show all of them';

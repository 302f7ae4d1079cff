//! Metrics in the text format of Prometheus and OpenMetrics, under the names each runtime's usual library gives them.

use std::fmt::Write;

use crate::fleet::Runtime;

/// What a process tells of itself.
pub(super) struct Process {
    pub(super) runtime: Runtime,
    pub(super) tasks: u64,
    pub(super) threads: u64,
    pub(super) resident_bytes: u64,
    pub(super) started_at_seconds: f64,
    pub(super) cpu_seconds: f64,
}

/// The body of `/metrics`.
pub(super) fn exposition(process: &Process) -> String {
    let mut text = String::with_capacity(1_024);
    let mut gauge = |name: &str, help: &str, value: f64| {
        let _ = write!(
            text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"
        );
    };
    let tasks = process.tasks as f64;
    match process.runtime {
        Runtime::Go => {
            gauge(
                "go_goroutines",
                "Number of goroutines that currently exist.",
                tasks,
            );
            gauge(
                "go_threads",
                "Number of OS threads created.",
                process.threads as f64,
            );
        }
        Runtime::Tokio => gauge(
            "tokio_live_tasks_count",
            "The current number of alive tasks in the runtime.",
            tasks,
        ),
        Runtime::Jvm => gauge(
            "jvm_threads_live_threads",
            "The current number of live threads including both daemon and non-daemon threads.",
            tasks,
        ),
        Runtime::Node => gauge(
            "nodejs_active_handles_total",
            "Total number of active handles.",
            tasks,
        ),
        Runtime::Native => {}
    }
    gauge(
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        process.resident_bytes as f64,
    );
    gauge(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        process.started_at_seconds,
    );
    let cpu = process.cpu_seconds;
    let _ = write!(
        text,
        "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {cpu}\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_has_its_own_name_for_tasks() {
        let body = |runtime| {
            exposition(&Process {
                runtime,
                tasks: 42,
                threads: 9,
                resident_bytes: 1,
                started_at_seconds: 1.5,
                cpu_seconds: 2.0,
            })
        };
        assert!(body(Runtime::Go).contains("\ngo_goroutines 42\n"));
        assert!(body(Runtime::Tokio).contains("\ntokio_live_tasks_count 42\n"));
        assert!(body(Runtime::Jvm).contains("\njvm_threads_live_threads 42\n"));
        assert!(body(Runtime::Node).contains("\nnodejs_active_handles_total 42\n"));
        assert!(body(Runtime::Native).contains("\nprocess_start_time_seconds 1.5\n"));
    }
}

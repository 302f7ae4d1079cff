use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case("go_goroutines 41203", Some((TaskKind::Goroutines, 41_203)))]
#[case("# HELP go_goroutines Number\n# TYPE go_goroutines gauge\ngo_goroutines 1.2e+01\n# EOF\n", Some((TaskKind::Goroutines, 12)))]
#[case("go_threads 9\ngo_goroutines 7 1700000000000\n", Some((TaskKind::Goroutines, 7)))]
#[case("tokio_live_tasks_count{runtime=\"a\"} 5\ntokio_live_tasks_count{runtime=\"b\",} 6\n", Some((TaskKind::TokioTasks, 11)))]
#[case("jvm_threads_live_threads{application=\"shop } \\\" x\"} 40.0 # {trace_id=\"1\"} 1\n", Some((TaskKind::JvmThreads, 40)))]
#[case("jvm_threads_current 33.0\r\n", Some((TaskKind::JvmThreads, 33)))]
#[case("process_num_threads 4\ngo_threads 9", Some((TaskKind::Threads, 4)))]
#[case("go_goroutines_total 5\nmy_go_goroutines 6\n", None)]
#[case("go_goroutines NaN\ngo_goroutines -3\n", None)]
#[case("go_goroutines{unclosed=\"x 5\n", None)]
#[case("", None)]
fn the_most_telling_count_is_taken(
    #[case] document: &str,
    #[case] expected: Option<(TaskKind, u64)>,
) {
    assert_eq!(
        tasks(document).map(|tasks| (tasks.kind, tasks.count)),
        expected
    );
}

/// A line as a program would write it.
fn write_line(line: &Line<'_>) -> String {
    let labels: Vec<String> = line
        .labels
        .iter()
        .map(|(name, value)| {
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            format!("{name}=\"{value}\"")
        })
        .collect();
    if labels.is_empty() {
        format!("{} {}", line.name, line.value)
    } else {
        format!("{}{{{}}} {}", line.name, labels.join(","), line.value)
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(document in "\\PC*|[a-z{}\"\\\\=, \n#0-9.eE+-]*") {
        let _no_panic = tasks(&document);
        for line in document.lines() {
            let _no_panic = parse_line(line);
        }
    }

    #[test]
    fn any_bytes_behind_a_known_name_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _no_panic = tasks(&format!("go_goroutines{}", String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn what_is_written_is_read_again(
        name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,20}",
        labels in proptest::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,10}", "[^\r]{0,20}"), 0..4),
        value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
    ) {
        let line = Line {
            name: &name,
            labels: labels.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
            value,
        };
        let written = write_line(&line);
        prop_assert_eq!(parse_line(&written), Some(line));
    }
}

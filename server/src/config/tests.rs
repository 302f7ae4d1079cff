use std::{fs, time::Duration};

use chrono::TimeDelta;

use super::{Config, Environment, Flags, Keep, Loaded, LogFormat, Problems};

/// A configuration file in a folder of its own, whose path is cut from messages.
struct Given {
    dir: tempfile::TempDir,
    flags: Flags,
    environment: Environment,
}

fn given(file: &str, variables: &[(&str, &str)]) -> Given {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("inquest.toml");
    fs::write(&path, file).expect("a file");
    let mut environment = Environment {
        is_root: true,
        ..Environment::default()
    };
    for (name, value) in variables {
        environment
            .variables
            .insert((*name).to_owned(), (*value).to_owned());
    }
    Given {
        flags: Flags {
            config: Some(path),
            ..Flags::default()
        },
        environment,
        dir,
    }
}

impl Given {
    fn load(&self) -> Result<Loaded, Problems> {
        Config::load(&self.flags, &self.environment)
    }

    fn problems(&self) -> String {
        let problems = self.load().expect_err("there are mistakes");
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines
            .join("\n")
            .replace(&format!("{}/", self.dir.path().display()), "")
    }
}

#[test]
fn every_mistake_is_reported_at_once_with_its_line() {
    let given = given(
        r#"lisen = "127.0.0.1:3000"
data_dir = ["a"]

[database]
url = "mysql://me:hunter2@db/inquest"

[log]
level = "loud,=,"
format = "xml"

[retention]
raw = "12h"
rollups_5m = "0d"
restarts = "7d"
logs = "30d"

[[source]]
name = "local"
endpoint = "docker.sock"
interval = "10"

[[source]]
kind = "kubernetes"
name = "local"
endpoint = "unix://var/run/docker.sock"

[[source]]
endpoint = "ssh://host"
"#,
        &[("INQUEST_LISTEN", "here"), ("INQUEST_LOG__LEVLE", "info")],
    );
    insta::assert_snapshot!(given.problems());
}

#[test]
fn bad_toml_names_its_line_and_the_rest_is_still_checked() {
    let given = given("listen = \"127.0.0.1:3000\ndata_dri = \"/data\"\n", &[]);
    insta::assert_snapshot!(given.problems());
}

#[test]
fn a_single_source_table_is_explained() {
    let given = given("[source]\nname = \"local\"\n", &[]);
    assert!(
        given.problems().contains("[[source]] with two brackets"),
        "{}",
        given.problems()
    );
}

#[test]
fn a_missing_file_is_named() {
    let mut given = given("", &[]);
    given.flags.config = Some("/nowhere/inquest.toml".into());
    assert!(
        given
            .problems()
            .contains("cannot read /nowhere/inquest.toml"),
        "{}",
        given.problems()
    );
}

#[test]
fn flags_override_variables_override_the_file() {
    let mut given = given(
        "listen = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\nformat = \"json\"\n",
        &[
            ("INQUEST_LISTEN", "127.0.0.1:2"),
            ("INQUEST_LOG__LEVEL", "debug"),
        ],
    );
    given.flags.listen = Some("127.0.0.1:3".to_owned());
    let config = given.load().expect("no mistakes").config;
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.log_level, "debug");
    assert_eq!(config.log_format, LogFormat::Json);
}

#[test]
fn sources_can_be_set_by_variables() {
    let given = given(
        "[[source]]\nname = \"a\"\nendpoint = \"unix:///a.sock\"\n",
        &[
            ("INQUEST_SOURCE__0__ENDPOINT", "tcp://10.0.0.7:2375"),
            ("INQUEST_SOURCE__1__NAME", "b"),
            ("INQUEST_SOURCE__1__ENDPOINT", "unix:///b.sock"),
            ("INQUEST_SOURCE__1__INTERVAL", "1500ms"),
        ],
    );
    let sources = given.load().expect("no mistakes").config.sources;
    assert_eq!(sources.len(), 2);
    assert_eq!(sources[0].endpoint, "tcp://10.0.0.7:2375");
    assert_eq!(sources[0].interval, Duration::from_secs(10));
    assert_eq!(sources[1].name, "b");
    assert_eq!(sources[1].interval, Duration::from_millis(1_500));
}

#[test]
fn secrets_come_from_files_too_and_are_never_shown() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    fs::write(secret.path(), "postgres://me:hunter2@db/inquest\n").expect("written");
    let file = secret.path().display().to_string();
    for variables in [
        [("DATABASE_URL_FILE", file.as_str())],
        [("INQUEST_DATABASE__URL_FILE", file.as_str())],
        [("DATABASE_URL", "postgres://me:hunter2@db/inquest")],
    ] {
        let loaded = given("", &variables).load().expect("no mistakes");
        let url = loaded.config.database_url.as_ref().expect("a database");
        assert_eq!(url.expose(), "postgres://me:hunter2@db/inquest");
        let shown = format!("{loaded:?}{}", loaded.report);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_secret_is_given_once() {
    let given = given(
        "",
        &[
            ("INQUEST_DATABASE__URL", "postgres://a/b"),
            ("INQUEST_DATABASE__URL_FILE", "/run/secrets/url"),
        ],
    );
    assert!(
        given.problems().contains("keep one of them"),
        "{}",
        given.problems()
    );
}

#[test]
fn a_bad_url_is_refused_without_showing_it() {
    let problems = given("", &[("DATABASE_URL", "hunter2@db")]).problems();
    assert!(
        problems.starts_with("DATABASE_URL: database.url: not a URL"),
        "{problems}"
    );
    assert!(!problems.contains("hunter2"), "{problems}");
}

#[test]
fn an_empty_variable_and_kubernetes_service_links_mean_nothing() {
    let given = given(
        "",
        &[
            ("INQUEST_LISTEN", ""),
            ("DATABASE_URL", ""),
            ("INQUEST_PORT", "tcp://10.0.0.1:3000"),
            ("INQUEST_PORT_3000_TCP_ADDR", "10.0.0.1"),
            ("INQUEST_SERVICE_HOST", "10.0.0.1"),
        ],
    );
    let config = given.load().expect("no mistakes").config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert!(config.database_url.is_none());
}

#[test]
fn retention_is_read_in_days() {
    let given = given(
        "[retention]\nraw = \"forever\"\nrollups_5m = \"forever\"\nrollups_1h = \"forever\"\n",
        &[("INQUEST_RETENTION__EVENTS", "7d")],
    );
    let keep = given.load().expect("no mistakes").config.retention;
    assert_eq!(keep.raw, None);
    assert_eq!(keep.events, Some(TimeDelta::days(7)));
    assert_eq!(keep.restarts, Keep::default().restarts);
}

#[test]
fn rollups_are_kept_as_long_as_samples_and_the_one_that_was_set_is_named() {
    for (file, complaint) in [
        (
            "raw = \"401d\"",
            "inquest.toml:2: retention.raw: `401d` is longer than retention.rollups_5m (400d); raise that too",
        ),
        (
            "raw = \"forever\"",
            "inquest.toml:2: retention.raw: `forever` is longer than retention.rollups_5m (400d); raise that too",
        ),
        (
            "rollups_1h = \"399d\"",
            "inquest.toml:2: retention.rollups_1h: `399d` is shorter than retention.rollups_5m (400d); keep rollups at least as long",
        ),
        (
            "rollups_5m = \"20d\"",
            "inquest.toml:2: retention.rollups_5m: `20d` is shorter than retention.raw (30d); keep rollups at least as long",
        ),
    ] {
        let problems = given(&format!("[retention]\n{file}\n"), &[]).problems();
        assert_eq!(problems, complaint);
    }
}

#[test]
fn names_are_checked_only_where_they_can_be_known() {
    let local = given("", &[]).load().expect("no mistakes").config;
    assert_eq!(local.hosts(), Some(Vec::new()));
    let public = given("listen = \"0.0.0.0:80\"", &[])
        .load()
        .expect("no mistakes")
        .config;
    assert_eq!(public.hosts(), None);
    let named = given(
        "listen = \"0.0.0.0:80\"\nallowed_hosts = [\"Inquest.example.com\"]",
        &[],
    );
    let named = named.load().expect("no mistakes").config;
    assert_eq!(named.hosts(), Some(vec!["inquest.example.com".to_owned()]));
}

#[test]
fn the_data_folder_follows_the_user() {
    let cases = [
        (true, "/root", None, "/var/lib/inquest"),
        (false, "/home/a", None, "/home/a/.local/share/inquest"),
        (false, "/home/a", Some("/data"), "/data/inquest"),
    ];
    for (is_root, home, xdg, expected) in cases {
        let mut given = given(
            "",
            &[("HOME", home), ("XDG_DATA_HOME", xdg.unwrap_or_default())],
        );
        given.environment.is_root = is_root;
        let config = given.load().expect("no mistakes").config;
        assert_eq!(config.data_dir.display().to_string(), expected);
    }
}

/// Every key stands in the example, commented out, with its default.
#[test]
fn the_example_shows_the_defaults() {
    let example = include_str!("../../../docs/config.example.toml");
    let uncommented: String = example
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let (settings, source) = uncommented
        .split_once("[[source]]")
        .expect("an example of a source");
    let shown = given(settings, &[]).load().expect("no mistakes").report;
    let defaults = given("", &[]).load().expect("no mistakes").report;
    assert_eq!(
        shown.values().collect::<Vec<_>>(),
        defaults.values().collect::<Vec<_>>()
    );
    for (key, _) in defaults.values() {
        let name = key.rsplit('.').next().expect("a name");
        assert!(
            settings.contains(&format!("{name} = ")),
            "{name} is not in the example"
        );
    }
    given(&format!("[[source]]{source}"), &[])
        .load()
        .expect("no mistakes");
}

#[test]
fn what_is_in_force_can_be_given_back() {
    let first = given(
        "[[source]]\nname = \"a\"\nendpoint = \"unix:///a.sock\"\n",
        &[("INQUEST_LOG__LEVEL", "warn")],
    );
    let report = first.load().expect("no mistakes").report;
    let again = given(&report.to_string(), &[])
        .load()
        .expect("no mistakes")
        .report;
    assert_eq!(
        report.values().collect::<Vec<_>>(),
        again.values().collect::<Vec<_>>()
    );
}

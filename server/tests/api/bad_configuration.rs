//! A configuration or a machine that cannot be used: a clear error, at once, and nothing left running.

use std::{fs, net::TcpListener};

use rstest::rstest;

use crate::support::{Server, folder, inquest, run};

#[rstest]
#[case::unknown_key(
    "lissen = \"127.0.0.1:0\"",
    "inquest.toml:1: lissen: unknown key; did you mean `listen`?"
)]
#[case::bad_toml("# fine\nlisten = ", "inquest.toml:2: not valid TOML")]
#[case::bad_url(
    "[[source]]\nname = \"a\"\nendpoint = \"docker\"",
    "inquest.toml:3: source.endpoint: `docker` is no engine endpoint"
)]
#[case::bad_database(
    "database.url = \"hunter2\"",
    "inquest.toml:1: database.url: not a URL"
)]
fn a_mistake_in_the_file_is_named_with_its_line(#[case] file: &str, #[case] expected: &str) {
    let dir = folder();
    let path = dir.path().join("inquest.toml");
    fs::write(&path, file).expect("written");
    for command in ["serve", "demo", "migrate", "check-config", "export"] {
        let output = run(inquest(dir.path()).arg(command).arg("--config").arg(&path));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains(expected), "{command}: {said}");
        assert!(!said.contains("hunter2"), "{command}: {said}");
    }
}

#[test]
fn the_effective_configuration_is_printed_without_secrets() {
    let dir = folder();
    let output = run(inquest(dir.path())
        .arg("check-config")
        .env("DATABASE_URL", "postgres://me:hunter2@db/inquest"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    assert!(
        said.contains("listen = \"127.0.0.1:0\"  # INQUEST_LISTEN"),
        "{said}"
    );
    assert!(
        said.contains("url = \"[redacted]\"  # DATABASE_URL"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn an_occupied_port_is_noticed_before_anything_is_started() {
    let dir = folder();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address").to_string();
    let output = run(inquest(dir.path()).args(["serve", "--listen", &address]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&address) && said.contains("--listen"),
        "{said}"
    );
    assert!(
        !dir.path().join("postgres").exists(),
        "Postgres was not started"
    );
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let dir = folder();
    // A port that was free a moment ago, and where now nobody listens.
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port")
        .port();
    let url = format!("postgres://me:hunter2@127.0.0.1:{port}/inquest");
    let output = run(inquest(dir.path()).arg("serve").env("DATABASE_URL", url));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("postgres://me:***@127.0.0.1:{port}/inquest")),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_folder_in_use_is_refused() {
    let dir = folder();
    let _first = Server::start(dir.path());
    let output = run(inquest(dir.path()).arg("serve"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("in use by another Inquest"), "{said}");
}

#[test]
fn a_damaged_folder_is_named() {
    let dir = folder();
    fs::create_dir(dir.path().join("postgres")).expect("a folder");
    fs::write(dir.path().join("postgres/base"), "not what it was").expect("written");
    let output = run(inquest(dir.path()).arg("serve"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("postgres is damaged") && said.contains("backup"),
        "{said}"
    );
}

#[test]
fn help_shows_how() {
    let dir = folder();
    for arguments in [
        vec!["--help"],
        vec!["serve", "--help"],
        vec!["export", "--help"],
    ] {
        let output = run(inquest(dir.path()).args(&arguments));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success());
        assert!(said.contains("Usage: inquest"), "{said}");
    }
}

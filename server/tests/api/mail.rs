//! Mail through a server that others wrote, over TLS, as people try it out with the test of a channel.

use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    mailserver::{MailServer, fixture},
    support::{Server, ask, folder, inquest},
};

/// Inquest, which trusts the test's authority if it is told to.
fn serve(data_dir: &std::path::Path, trusts: bool) -> Server {
    let mut command = inquest(data_dir);
    command
        .arg("serve")
        .env("INQUEST_ALERTS__ALLOW_PRIVATE_ADDRESSES", "true")
        .env_remove("SSL_CERT_DIR")
        .env_remove("SSL_CERT_FILE");
    if trusts {
        command.env("SSL_CERT_FILE", fixture("ca.pem"));
    }
    Server::from(&mut command)
}

/// Adds a channel, tries it, and returns what is said.
async fn tried(server: &Server, name: &str, port: u16, security: &str, password: &str) -> Value {
    let channel = json!({
        "name": name, "kind": "email", "to": "ops@example.com", "from": "Inquest <inquest@example.com>",
        "server": format!("localhost:{port}"), "security": security, "user": "inquest", "password": password,
    });
    let post = |path: &str, body: &Value| {
        Client::new()
            .post(format!("{}{path}", server.url))
            .json(body)
    };
    let (status, _, made) = ask(post("/api/v1/channels", &channel)).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().expect("an id");
    let (status, _, said) = ask(post(&format!("/api/v1/channels/{id}/test"), &json!({}))).await;
    assert_eq!(status, 200, "{said}");
    said
}

#[tokio::test]
async fn a_mail_goes_over_tls_and_a_wrong_password_is_said_as_such() {
    let dir = folder();
    let server = serve(dir.path(), true);
    for security in ["starttls", "tls"] {
        let Some(mails) = MailServer::start(security) else {
            return;
        };
        let said = tried(&server, security, mails.port, security, "hunter2").await;
        assert_eq!(
            said,
            json!({ "is_delivered": true, "problem": null }),
            "{security}"
        );
        let taken = mails.taken(1);
        assert_eq!(taken.len(), 1, "{security}");
        assert_eq!(taken[0].to, ["ops@example.com"]);
        assert_eq!(taken[0].user.as_deref(), Some("inquest"));
        assert!(
            taken[0]
                .content
                .contains("Nothing happened: somebody tried"),
            "{taken:?}"
        );

        let wrong = format!("{security} with a wrong password");
        let said = tried(&server, &wrong, mails.port, security, "hunter3").await;
        let problem = said["problem"].as_str().expect("a problem");
        assert!(problem.contains("refused user or password"), "{problem}");
        assert!(!problem.contains("hunter3"), "{problem}");
        assert_eq!(mails.taken(0).len(), 1, "{security}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_who_cannot_prove_its_name_or_protect_what_is_said() {
    let dir = folder();
    let server = serve(dir.path(), false);
    let (Some(tls), Some(plain)) = (MailServer::start("tls"), MailServer::start("plain")) else {
        return;
    };
    let said = tried(&server, "unknown authority", tls.port, "tls", "hunter2").await;
    let problem = said["problem"].as_str().expect("a problem");
    assert!(problem.contains("certificate"), "{problem}");
    // One that offers no STARTTLS is told neither user nor password.
    let said = tried(&server, "no TLS", plain.port, "starttls", "hunter2").await;
    let problem = said["problem"].as_str().expect("a problem");
    assert!(problem.contains("STARTTLS"), "{problem}");
    assert!(tls.taken(0).is_empty() && plain.taken(0).is_empty());
}

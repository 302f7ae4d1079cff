//! Mail through a real SMTP conversation.

use domain::{alert::Fields, verdict::Cause};
use server::store::alerts::NewChannel;

use crate::{
    mailbox::Mailbox,
    scene::{Scene, rule, vault},
};

/// A channel that sends to a mail server of this machine.
pub(crate) fn channel(port: u16) -> NewChannel {
    let server = format!("localhost:{port}");
    let settings: Fields = [
        ("to", "ops@example.com"),
        ("from", "Inquest <inquest@example.com>"),
        ("server", server.as_str()),
        ("security", "none"),
        ("user", "inquest"),
    ]
    .into_iter()
    .collect();
    let secrets: Fields = [("password", "hunter2")].into_iter().collect();
    NewChannel {
        name: "mail".into(),
        kind: "email".into(),
        enabled: true,
        settings,
        secrets: vault().seal(&secrets).unwrap(),
        group_wait_s: 0,
    }
}

async fn mail_to(port: u16) -> Scene {
    let scene = Scene::with(&[rule(&[
        ("name", "Out of memory"),
        ("when", "each_restart"),
        ("causes", "memory"),
    ])])
    .await;
    scene
        .fixture
        .store
        .alerts()
        .put_channel(None, &channel(port))
        .await
        .unwrap()
        .unwrap();
    for minute in 1..10 {
        let ratio = 1.0 - f64::from(minute) / 20.0;
        scene.memory(scene.at(-60 * i64::from(minute)), ratio).await;
    }
    scene.happen(Cause::OutOfMemory, scene.at(-30)).await;
    scene.dispatcher().drain().await.unwrap();
    scene
}

#[tokio::test]
async fn a_mail_arrives_as_text_and_as_html() {
    let mailbox = Mailbox::start().await;
    let scene = mail_to(mailbox.port).await;
    let told = mailbox.told();
    for part in [
        "MAIL FROM:<inquest@example.com>",
        "RCPT TO:<ops@example.com>",
        "Subject: checkout: out of memory, confirmed",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "Cause: Out of memory, confirmed",
        // The course before, in the HTML.
        "Content-Type: multipart/related",
        "Content-Type: image/png",
        "Content-ID: <",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert_eq!(
        scene.fixture.store.alerts().dead_letters().await.unwrap(),
        []
    );
}

#[tokio::test]
async fn a_wrong_password_is_said_as_such() {
    let scene = mail_to(Mailbox::refusing().await.port).await;
    let dead = scene.fixture.store.alerts().dead_letters().await.unwrap();
    assert!(
        dead[0].problem.contains("refused user or password"),
        "{dead:?}"
    );
    assert!(!dead[0].problem.contains("hunter2"));
}

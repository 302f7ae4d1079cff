//! Mail through a real SMTP conversation.

use std::sync::{Arc, Mutex};

use domain::{alert::Fields, verdict::Cause};
use server::store::alerts::NewChannel;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::scene::{Scene, rule, vault};

/// What a mail server was told, line by line.
type Told = Arc<Mutex<Vec<String>>>;

/// A mail server that takes everything, or refuses who logs in.
async fn server(refuses: bool) -> (u16, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Told::default();
    let heard = Arc::clone(&told);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&heard), refuses));
        }
    });
    (port, told)
}

async fn converse(mut stream: TcpStream, told: Told, refuses: bool) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.example.com ESMTP\r\n").await?;
    let mut in_data = false;
    while let Some(line) = lines.next_line().await? {
        told.lock().unwrap().push(line.clone());
        let answer: &[u8] = match line.split_whitespace().next().unwrap_or_default() {
            "." if in_data => {
                in_data = false;
                b"250 2.0.0 taken\r\n"
            }
            _ if in_data => continue,
            "EHLO" => b"250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n",
            "AUTH" if refuses => b"535 5.7.8 wrong user or password\r\n",
            "AUTH" => b"235 2.7.0 welcome\r\n",
            "DATA" => {
                in_data = true;
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(())
}

async fn mail_to(port: u16) -> Scene {
    let scene = Scene::with(&[rule(&[
        ("name", "Out of memory"),
        ("when", "each_restart"),
        ("causes", "memory"),
    ])])
    .await;
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
    let channel = NewChannel {
        name: "mail".into(),
        kind: "email".into(),
        enabled: true,
        settings,
        secrets: vault().seal(&secrets).unwrap(),
        group_wait_s: 0,
    };
    scene
        .fixture
        .store
        .alerts()
        .put_channel(None, &channel)
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
    let (port, told) = server(false).await;
    let scene = mail_to(port).await;
    let told = told.lock().unwrap().join("\n");
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
    let (port, _told) = server(true).await;
    let scene = mail_to(port).await;
    let dead = scene.fixture.store.alerts().dead_letters().await.unwrap();
    assert!(
        dead[0].problem.contains("refused user or password"),
        "{dead:?}"
    );
    assert!(!dead[0].problem.contains("hunter2"));
}

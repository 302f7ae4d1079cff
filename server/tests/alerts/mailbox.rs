//! A mail server that speaks real SMTP and keeps what it is given.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

/// A mail as it came in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mail {
    lines: Vec<String>,
}

impl Mail {
    /// The mail with this text.
    pub(crate) fn of(content: &str) -> Self {
        Self {
            lines: content.lines().map(str::to_owned).collect(),
        }
    }

    /// A header, decoded as far as ours need it: none of those that tests look at is encoded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}: ");
        let at = self
            .lines
            .iter()
            .position(|line| line.starts_with(&prefix))?;
        let mut value = self.lines[at][prefix.len()..].to_owned();
        for more in self.lines[at + 1..]
            .iter()
            .take_while(|line| line.starts_with([' ', '\t']))
        {
            value.push_str(more);
        }
        Some(value)
    }

    /// The plain text in it.
    pub(crate) fn text(&self) -> String {
        let part = self
            .lines
            .iter()
            .skip_while(|line| !line.starts_with("Content-Type: text/plain"))
            .skip_while(|line| !line.is_empty())
            .skip(1)
            .take_while(|line| !line.starts_with("--"));
        quoted_printable(part.map(String::as_str))
    }
}

/// Joins lines that were broken, and puts bytes in place of their numbers.
fn quoted_printable<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut bytes = Vec::new();
    for line in lines {
        let (line, is_broken) = match line.strip_suffix('=') {
            Some(line) => (line, true),
            None => (line, false),
        };
        let mut rest = line.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'=' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap().to_owned();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        if !is_broken {
            bytes.push(b'\n');
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The server.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    refuses: bool,
    /// Everything that was said to it, line by line.
    told: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Mailbox {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        Self::with(false).await
    }

    /// One that refuses who logs in.
    pub(crate) async fn refusing() -> Self {
        Self::with(true).await
    }

    async fn with(refuses: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailbox = Self {
            port: listener.local_addr().unwrap().port(),
            refuses,
            told: Arc::default(),
            mails: Arc::default(),
        };
        let server = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move { server.converse(stream).await });
            }
        });
        mailbox
    }

    /// Everything that was said to it.
    pub(crate) fn told(&self) -> String {
        self.told.lock().unwrap().join("\n")
    }

    /// What it took, in its order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    async fn converse(&self, stream: impl AsyncRead + AsyncWrite) -> std::io::Result<()> {
        let (read, mut write) = tokio::io::split(stream);
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 mail.example.com ESMTP\r\n").await?;
        let mut data: Option<Mail> = None;
        while let Some(line) = lines.next_line().await? {
            self.told.lock().unwrap().push(line.clone());
            let answer: &[u8] = match (&mut data, line.split_whitespace().next()) {
                (Some(_), Some(".")) if line == "." => {
                    self.mails.lock().unwrap().extend(data.take());
                    b"250 2.0.0 taken\r\n"
                }
                (Some(mail), _) => {
                    // A dot that begins a line is sent twice.
                    let line = line.strip_prefix('.').unwrap_or(&line);
                    mail.lines.push(line.to_owned());
                    continue;
                }
                (None, Some("EHLO")) => {
                    b"250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n"
                }
                (None, Some("AUTH")) if self.refuses => b"535 5.7.8 wrong user or password\r\n",
                (None, Some("AUTH")) => b"235 2.7.0 welcome\r\n",
                (None, Some("DATA")) => {
                    data = Some(Mail::default());
                    b"354 go on\r\n"
                }
                (None, Some("QUIT")) => b"221 bye\r\n",
                (None, _) => b"250 ok\r\n",
            };
            write.write_all(answer).await?;
        }
        Ok(())
    }
}

//! What containers write to their logs: a start line, a heartbeat, and the last words of each life.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::behaviour::Life;
use crate::clock::utc;
use crate::container::{Container, Status};
use crate::happening::Farewell;
use crate::quantity::{MILLISECOND, Nanos, SECOND};
use crate::random;

/// Time between two heartbeat lines.
const HEARTBEAT: Nanos = 20 * SECOND;
/// Lines kept of one life, counted from its end.
const LINES_PER_LIFE: i64 = 200;
/// Lines of the tail that goes along with a death.
const TAIL: usize = 40;

/// Which of the two streams a line was written to, by its number in Docker's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out = 1,
    Err = 2,
}

/// One line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Nanos,
    pub(crate) stream: Stream,
    pub(crate) text: String,
}

/// The end of a log, as it was when the process died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTail {
    /// The last lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Whether the process wrote more than these.
    pub is_cut: bool,
}

/// A line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: DateTime<Utc>,
    /// To standard error, not to standard output.
    pub is_err: bool,
    /// What.
    pub text: String,
}

/// All lines of a container object up to `now`, oldest first.
pub(crate) fn lines(container: &Container, now: Nanos) -> Vec<Line> {
    let mut lines = Vec::new();
    for past in &container.past {
        life_lines(&mut lines, container, &past.life, past.ended_at);
        last_words(&mut lines, container, past.farewell, past.ended_at);
    }
    if container.status == Status::Running {
        life_lines(&mut lines, container, &container.life, now);
    }
    lines
}

/// The last lines before a death.
pub(crate) fn tail(container: &Container, died_at: Nanos) -> Arc<LogTail> {
    let mut lines = Vec::new();
    if let Some(past) = container.past.back() {
        life_lines(&mut lines, container, &past.life, died_at);
        last_words(&mut lines, container, past.farewell, died_at);
    }
    let skipped = lines.len().saturating_sub(TAIL);
    lines.drain(..skipped);
    let line = |line: Line| LogLine {
        at: utc(line.at),
        is_err: line.stream == Stream::Err,
        text: line.text,
    };
    Arc::new(LogTail {
        lines: lines.into_iter().map(line).collect(),
        is_cut: skipped > 0,
    })
}

fn life_lines(lines: &mut Vec<Line>, container: &Container, life: &Life, until: Nanos) {
    let mut say = |at: Nanos, text: String| {
        lines.push(Line {
            at,
            stream: Stream::Out,
            text: format!("{} {text}", utc(at).format("%H:%M:%S%.3f")),
        });
    };
    let image = &container.identity.image;
    if until >= life.started_at {
        say(life.started_at, format!("INFO starting {image}"));
    }
    let connecting = life.started_at + 60 * MILLISECOND;
    if until >= connecting {
        // As careless as real programs are.
        say(
            connecting,
            format!(
                "INFO connecting to postgres://app:{:08x}@db.internal:5432/{}",
                container.spec.name.len() * 0x00c0_ffee,
                container.spec.name
            ),
        );
    }
    let listening = life.started_at + 180 * MILLISECOND;
    if until >= listening {
        say(listening, "INFO listening on 0.0.0.0:8080".into());
    }
    let last = (until - life.started_at) / HEARTBEAT;
    for n in (last - LINES_PER_LIFE).max(1)..=last {
        let at = life.started_at + n * HEARTBEAT;
        let requests = 400 + (random::unit(life.seed, n) * 900.0) as u64;
        say(
            at,
            format!(
                "INFO served {requests} requests, p99 {:.1} ms",
                8.0 + 30.0 * random::unit(life.seed ^ 1, n)
            ),
        );
    }
}

fn last_words(lines: &mut Vec<Line>, container: &Container, farewell: Farewell, at: Nanos) {
    let (stream, text) = match farewell {
        Farewell::Silent => return,
        Farewell::Clean => (Stream::Out, "INFO shutting down"),
        Farewell::BadConfig => (
            Stream::Err,
            "FATAL cannot read configuration: /etc/app/config.yaml: line 12: unknown key `retires`",
        ),
        Farewell::GoPanic => (Stream::Err, GO_PANIC),
        Farewell::RustPanic => (Stream::Err, RUST_PANIC),
        Farewell::JavaHeap => (Stream::Err, JAVA_HEAP),
        Farewell::NodeHeap => (Stream::Err, NODE_HEAP),
        Farewell::NodeException => (Stream::Err, NODE_EXCEPTION),
    };
    let at = at - MILLISECOND;
    let text = text.replace("{app}", &container.spec.name);
    lines.extend(text.lines().map(|line| Line {
        at,
        stream,
        text: line.to_owned(),
    }));
}

const GO_PANIC: &str = "\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2a1c]

goroutine 8193 [running]:
shop/{app}/internal/cart.(*Cart).Total(...)
\t/src/internal/cart/cart.go:88
shop/{app}/internal/handler.(*Handler).Quote(0xc000312000, {0x8f1b20, 0xc0004a80e0}, 0xc0002b6300)
\t/src/internal/handler/quote.go:41 +0x1bc
net/http.HandlerFunc.ServeHTTP(0xc00012c0d0?, {0x8f1b20?, 0xc0004a80e0?}, 0x0?)
\t/usr/local/go/src/net/http/server.go:2294 +0x29
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3454 +0x485
exit status 2";

const RUST_PANIC: &str = "\
thread 'tokio-rt-worker' panicked at src/webhook/signature.rs:57:31:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
   1: core::panicking::panic_fmt
   2: core::option::unwrap_failed
   3: webhook::signature::verify
             at ./src/webhook/signature.rs:57:31
   4: webhook::routes::receive::{{closure}}
             at ./src/webhook/routes.rs:112:18
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.";

const JAVA_HEAP: &str = "\
java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)
\tat com.example.catalog.Index.grow(Index.java:214)
\tat com.example.catalog.Index.add(Index.java:97)
Terminating due to java.lang.OutOfMemoryError: Java heap space";

const NODE_HEAP: &str = "\
<--- Last few GCs --->
[1:0x7f2c3a0]  3604211 ms: Mark-Compact 254.9 (259.7) -> 254.6 (260.2) MB, 412.1 / 0.0 ms  (average mu = 0.081, current mu = 0.012)

<--- JS stacktrace --->
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----
 1: 0xb8ced1 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]";

const NODE_EXCEPTION: &str = "\
/app/src/feed.js:63
    const items = body.channel.item.map(toEntry);
                                    ^

TypeError: Cannot read properties of undefined (reading 'map')
    at parseFeed (/app/src/feed.js:63:37)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async poll (/app/src/poller.js:31:19)

Node.js v22.11.0";

//! Logs as each runtime writes them.

use proptest::prelude::*;
use rstest::rstest;

use super::{Language, Panic, find};

fn read(log: &str) -> Panic {
    let lines: Vec<&str> = log.lines().collect();
    find(&lines).expect("a panic")
}

const GO: &str = "\
2026/11/23 12:00:00 serving
panic: runtime error: index out of range [5] with length 3

goroutine 18 [running]:
main.(*Cart).Item(0xc000012345, 0x5)
\t/src/cart.go:41 +0x1d
net/http.HandlerFunc.ServeHTTP(0xc0000a, {0x7f, 0xc0})
\t/usr/local/go/src/net/http/server.go:2136 +0x29
github.com/shop/web/router.(*Router).serve(...)
\t/go/pkg/mod/github.com/shop/web@v1.2.0/router/router.go:77
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3086 +0x5cb
exit status 2";

const RUST: &str = "\
listening
thread 'worker-3' panicked at src/cart.rs:41:9:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:645:5
   1: core::panicking::panic_fmt
             at /rustc/abc/library/core/src/panicking.rs:72:14
   2: shop::cart::item::h0123456789abcdef
             at ./src/cart.rs:41:9
   3: tokio::runtime::task::raw::poll
             at /home/u/.cargo/registry/src/index/tokio-1.48.0/src/runtime/task/raw.rs:201:18
note: run with `RUST_BACKTRACE=full`";

const JAVA: &str = "\
Exception in thread \"http-7\" java.lang.IllegalStateException: cart is gone
\tat com.shop.Web.handle(Web.java:88)
\tat java.base/java.lang.Thread.run(Thread.java:833)
Caused by: java.sql.SQLException: no connection after 30000 ms
\tat com.shop.Pool.take(Pool.java:31)
\t... 12 more";

const PYTHON: &str = "\
Traceback (most recent call last):
  File \"/usr/lib/python3.11/runpy.py\", line 196, in _run_module_as_main
    return _run_code(code)
  File \"/app/shop/cart.py\", line 41, in item
    return self.items[key]
           ~~~~~~~~~~^^^^^
KeyError: 'order-1234'";

const NODE: &str = "\
/app/cart.js:41
    throw new TypeError('no item')
    ^

TypeError: no item
    at Cart.item (/app/cart.js:41:11)
    at async handle (/app/web.js:12:3)
    at node:internal/process/task_queues:95:5

Node.js v20.20.2";

const DOTNET: &str = "\
Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.
   at Shop.Cart.Item(String key) in /src/Cart.cs:line 41
   at System.Threading.Tasks.Task.Execute()";

#[rstest]
#[case(
    GO,
    Language::Go,
    "panic",
    "runtime error: index out of range [5] with length 3",
    "main.(*Cart).Item",
    41
)]
#[case(
    RUST,
    Language::Rust,
    "panic",
    "called `Option::unwrap()` on a `None` value",
    "shop::cart::item",
    41
)]
#[case(
    JAVA,
    Language::Java,
    "java.sql.SQLException",
    "no connection after 30000 ms",
    "com.shop.Pool.take",
    31
)]
#[case(
    PYTHON,
    Language::Python,
    "KeyError",
    "'order-1234'",
    "cart.py:item",
    41
)]
#[case(NODE, Language::Node, "TypeError", "no item", "Cart.item", 41)]
#[case(
    DOTNET,
    Language::Dotnet,
    "System.NullReferenceException",
    "Object reference not set to an instance of an object.",
    "Shop.Cart.Item",
    41
)]
fn each_language_is_read(
    #[case] log: &str,
    #[case] language: Language,
    #[case] kind: &str,
    #[case] message: &str,
    #[case] function: &str,
    #[case] line: u32,
) {
    let panic = read(log);
    assert_eq!(
        (panic.language, panic.kind.as_str(), panic.message.as_str()),
        (language, kind, message)
    );
    let own = panic
        .frames
        .iter()
        .find(|frame| frame.in_app)
        .expect("a frame of the program");
    assert_eq!((own.function.as_str(), own.line), (function, Some(line)));
    assert!(!panic.out_of_memory);
    assert!(
        panic
            .fingerprint
            .starts_with(&format!("{}:v1:", language.name()))
    );
}

#[rstest]
#[case(
    "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\nmain.put(...)\n\t/a.go:3",
    Language::Go,
    "concurrent map writes",
    false
)]
#[case(
    "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/a.go:3",
    Language::Go,
    "all goroutines are asleep - deadlock!",
    false
)]
#[case(
    "fatal error: runtime: out of memory\n\nruntime stack:",
    Language::Go,
    "runtime: out of memory",
    true
)]
#[case(
    "panic: one [recovered]\n\tpanic: two\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3",
    Language::Go,
    "two",
    false
)]
#[case(
    "thread 'main' panicked at 'no such cart', src/main.rs:4:5",
    Language::Rust,
    "no such cart",
    false
)]
#[case(
    "thread 'main' (77) panicked at src/main.rs:4:5:\nno such cart",
    Language::Rust,
    "no such cart",
    false
)]
#[case(
    "memory allocation of 1073741824 bytes failed",
    Language::Rust,
    "memory allocation of 1073741824 bytes failed",
    true
)]
#[case(
    "thread 'main' has overflowed its stack\nfatal runtime error: stack overflow",
    Language::Rust,
    "stack overflow",
    false
)]
#[case(
    "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
    Language::Java,
    "Java heap space",
    true
)]
#[case(
    "java.lang.OutOfMemoryError: Metaspace\n\tat com.shop.Web.main(Web.java:3)",
    Language::Java,
    "Metaspace",
    true
)]
#[case(
    "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in <module>\nMemoryError",
    Language::Python,
    "",
    true
)]
#[case(
    "<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    Language::Node,
    "Reached heap limit Allocation failed - JavaScript heap out of memory",
    true
)]
#[case(
    "Out of memory.\nUnhandled exception. System.OutOfMemoryException: Array dimensions exceeded",
    Language::Dotnet,
    "Array dimensions exceeded",
    true
)]
#[case(
    "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)",
    Language::Native,
    "std::bad_alloc: std::bad_alloc",
    true
)]
#[case(
    "double free or corruption (out)\nAborted",
    Language::Native,
    "double free or corruption (out)",
    false
)]
#[case(
    "Segmentation fault (core dumped)",
    Language::Native,
    "Segmentation fault (core dumped)",
    false
)]
fn special_ends_are_read(
    #[case] log: &str,
    #[case] language: Language,
    #[case] message: &str,
    #[case] out_of_memory: bool,
) {
    let panic = read(log);
    assert_eq!(
        (panic.language, panic.message.as_str(), panic.out_of_memory),
        (language, message, out_of_memory)
    );
}

/// The same fault in another build and another run.
#[rstest]
#[case(GO, &[("0xc000012345", "0xc0000beef0"), ("cart.go:41", "cart.go:57"), ("goroutine 18", "goroutine 4711"), ("[5] with length 3", "[9] with length 8")])]
#[case(RUST, &[("cart.rs:41:9", "cart.rs:60:13"), ("h0123456789abcdef", "hfedcba9876543210"), ("worker-3", "worker-1")])]
#[case(JAVA, &[("Pool.java:31", "Pool.java:99"), ("30000", "29999"), ("http-7", "http-1")])]
#[case(PYTHON, &[("line 41", "line 14"), ("order-1234", "order-77")])]
#[case(NODE, &[("cart.js:41:11", "cart.js:7:1")])]
#[case(DOTNET, &[("line 41", "line 7")])]
fn fingerprints_outlive_builds_and_runs(#[case] log: &str, #[case] changes: &[(&str, &str)]) {
    let other = changes.iter().fold(log.to_owned(), |log, (from, to)| {
        assert!(log.contains(from), "{from} is not in the log");
        log.replace(from, to)
    });
    assert_eq!(read(log).fingerprint, read(&other).fingerprint);
}

#[test]
fn another_function_or_another_kind_is_another_fault() {
    let moved = GO.replace("main.(*Cart).Item", "main.(*Cart).Total");
    assert_ne!(read(GO).fingerprint, read(&moved).fingerprint);
    assert_ne!(
        read(NODE).fingerprint,
        read(&NODE.replace("TypeError", "RangeError")).fingerprint
    );
    let said = |what: &str| read(&format!("double free or corruption ({what})")).fingerprint;
    assert_ne!(said("out"), said("fasttop"));
    let bytes =
        |count: u32| read(&format!("memory allocation of {count} bytes failed")).fingerprint;
    assert_eq!(bytes(1), bytes(4096));
}

/// A name that was stored once must come out the same for ever.
#[test]
fn version_1_of_the_fingerprint_stays() {
    assert_eq!(
        read("fatal error: concurrent map writes").fingerprint,
        "go:v1:a9635424d3c3c6a6"
    );
}

#[test]
fn the_last_panic_counts() {
    let log = format!("{PYTHON}\nrestarting\n{GO}\n");
    let panic = read(&log);
    assert_eq!((panic.language, panic.first_line), (Language::Go, 9));
}

#[rstest]
#[case("")]
#[case("listening on :8080\nGET / 200\nbye")]
#[case("an error: something went wrong\n    at last")]
#[case("level=error msg=\"panic: not at the begin of a line\"")]
fn ordinary_lines_are_no_panic(#[case] log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(find(&lines), None);
}

proptest! {
    #[test]
    fn any_lines_are_read_without_a_fault(cuts in prop::collection::vec((0_usize..6, 0_usize..20, any::<prop::sample::Index>()), 0..30), noise in "\\PC*") {
        let logs = [GO, RUST, JAVA, PYTHON, NODE, DOTNET];
        let mut lines: Vec<String> = cuts
            .iter()
            .filter_map(|(log, line, cut)| {
                let line = logs[*log].lines().nth(*line)?;
                let end = cut.index(line.len() + 1);
                line.get(..end).map(str::to_owned)
            })
            .collect();
        lines.push(noise);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Some(panic) = find(&lines) {
            prop_assert!(panic.first_line < lines.len());
            prop_assert!(panic.frames.len() <= 60);
        }
    }
}

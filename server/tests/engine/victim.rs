//! The program inside the test containers: it dies in the ways that containers die. Compiled by the tests with rustc alone,
//! statically, since no base image is to be had; see `image.rs`.

use std::{env, fs, process, process::Command, thread, time::Duration};

const MIB: usize = 1 << 20;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(0);
    match arguments.first().map(String::as_str) {
        // leak MIB_PER_SECOND
        Some("leak") => leak(number(1)),
        // panic AFTER_MS
        Some("panic") => {
            sleep_ms(number(1));
            panic!("index out of range: the len is 3 but the index is 7");
        }
        // go-panic AFTER_MS: what the Go runtime writes, and the code it exits with
        Some("go-panic") => {
            println!("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY");
            sleep_ms(number(1));
            go_panic();
        }
        // spike AFTER_MS: all memory within a moment
        Some("spike") => {
            sleep_ms(number(1));
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1u8; 16 * MIB]);
            }
        }
        // exit CODE AFTER_MS
        Some("exit") => {
            sleep_ms(number(2));
            process::exit(number(1) as i32);
        }
        // parent: a child is killed for memory, the parent lives on
        Some("parent") => {
            sleep_ms(number(1));
            let child = Command::new("/proc/self/exe").args(["child"]).status();
            println!("child ended: {child:?}");
            sleep_for_ever();
        }
        Some("child") => {
            // The kernel is to choose the child, not its parent.
            let _best_effort = fs::write("/proc/self/oom_score_adj", "1000");
            leak(200);
        }
        _ => sleep_for_ever(),
    }
}

/// Fills memory, a tenth of the rate every tenth of a second. Every page is written, or it would not count.
fn leak(mib_per_second: u64) {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1u8; mib_per_second as usize * MIB / 10]);
        sleep_ms(100);
    }
}

fn sleep_ms(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

fn sleep_for_ever() {
    loop {
        sleep_ms(60_000);
    }
}

fn go_panic() -> ! {
    eprintln!("panic: send on closed channel\n\ngoroutine 7 [running]:");
    eprintln!("main.(*Queue).push(0xc000012345)\n\t/src/queue.go:41 +0x1d");
    process::exit(2);
}

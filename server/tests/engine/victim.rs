//! The program inside the test containers: it dies in the ways that containers die. Compiled by the tests with rustc alone,
//! statically, since no base image is to be had; see `image.rs`.

use std::{
    env, fs,
    os::unix::process::ExitStatusExt,
    process,
    process::{Command, ExitStatus},
    thread,
    time::Duration,
};

const MIB: usize = 1 << 20;
/// While this file is there, the health check fails.
const ILL: &str = "/ill";

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
        // wrap [CODE]: waits for a child that is killed for memory, then ends with CODE, or as `sh -c "worker; exit $?"` does
        Some("wrap") => {
            let child = Command::new("/proc/self/exe").args(["child"]).status();
            let code = child.as_ref().ok().map_or(126, shell_code);
            println!("worker ended: {child:?}");
            process::exit(arguments.get(1).map_or(code, |_| number(1) as i32));
        }
        // hold MIB: takes that much, and lasts
        Some("hold") => {
            let kept = vec![1u8; number(1) as usize * MIB];
            sleep_for_ever();
            drop(kept);
        }
        // ill AFTER_MS: its health check fails from then on
        Some("ill") => {
            let _none_yet = fs::remove_file(ILL);
            sleep_ms(number(1));
            fs::write(ILL, "").expect("the image can be written to");
            sleep_for_ever();
        }
        // health: the check of it
        Some("health") => process::exit(i32::from(fs::exists(ILL).unwrap_or(true))),
        _ => sleep_for_ever(),
    }
}

/// What a shell makes of the end of a command: its code, or 128 and the number of the signal.
fn shell_code(status: &ExitStatus) -> i32 {
    let signal = status.signal().map_or(0, |signal| 128 + signal);
    status.code().unwrap_or(signal)
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

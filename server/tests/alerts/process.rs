//! Programs of others, run for the time of a test. `xtask/setup.sh test` installs them.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// A machine under load starts programs slowly.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs until it is dropped, and what it has said.
pub(crate) struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts it. `None` where it is not installed, which is said, and fails where it has to be.
    pub(crate) fn start(command: &mut Command, is_installed: bool) -> Option<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        if !is_installed {
            let is_required = std::env::var("CI").is_ok_and(|set| set == "true");
            assert!(!is_required, "{name} is required");
            eprintln!("SKIPPED: {name} is not installed; `xtask/setup.sh test` does that");
            return None;
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::default();
        listen(child.stdout.take().unwrap(), &said);
        listen(child.stderr.take().unwrap(), &said);
        Some(Self { child, said })
    }

    /// Waits until something holds of the lines that it has said, and returns them.
    pub(crate) fn when(&self, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let said = self.said.lock().unwrap().clone();
            if holds(&said) {
                return said;
            }
            assert!(began.elapsed() < PATIENCE, "it said {said:#?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for a line and returns what `read` makes of it.
    pub(crate) fn until<T>(&self, read: impl Fn(&str) -> Option<T>) -> T {
        let said = self.when(|said| said.iter().any(|line| read(line).is_some()));
        said.iter().find_map(|line| read(line)).unwrap()
    }
}

fn listen(stream: impl Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.lock().unwrap().push(line);
        }
    });
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

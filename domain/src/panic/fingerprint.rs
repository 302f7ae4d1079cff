//! The same short name for the same fault.

use super::{Frame, Language, text::normal};

/// How the name is made. A change gives new names, so it gets a new number, and old ones stay comparable.
const VERSION: u32 = 1;
/// The innermost functions of the program that name a fault. Farther out, the same fault is reached by many ways.
const FRAMES: usize = 5;

/// `go:v1:6f0c…`: from what was thrown and where. What was said counts only when it is not known where.
pub(super) fn of(language: Language, kind: &str, message: &str, frames: &[Frame]) -> String {
    let own = frames.iter().filter(|frame| frame.in_app);
    let mut functions: Vec<&str> = own
        .map(|frame| frame.function.as_str())
        .take(FRAMES)
        .collect();
    if functions.is_empty() {
        functions = frames
            .iter()
            .map(|frame| frame.function.as_str())
            .take(FRAMES)
            .collect();
    }
    let mut hash = Fnv::new();
    hash.add(kind);
    if functions.is_empty() {
        hash.add(&normal(message));
    }
    for function in functions {
        hash.add(function);
    }
    format!("{}:v{VERSION}:{:016x}", language.name(), hash.0)
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo): std's hasher may change with the compiler, stored names may not.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a word and its end, so that "ab", "c" is not "a", "bc".
    fn add(&mut self, word: &str) {
        for byte in word.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

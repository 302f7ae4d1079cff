//! What a program said of its own end: panics, uncaught exceptions and fatal errors in the last lines of a log, one file per language.
//!
//! To add a language, write a file with a `find` function and name it in `READERS`.

mod dotnet;
mod fingerprint;
mod frame;
mod go;
mod java;
mod native;
mod node;
mod python;
mod rust;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};

pub use frame::{Frame, MOST as MOST_FRAMES};
pub(crate) use go::frame as go_frame;

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Language {
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// Java and other languages of the JVM.
    Java,
    /// Python.
    Python,
    /// Node.js.
    Node,
    /// .NET.
    Dotnet,
    /// C, C++ and their libraries.
    Native,
}

impl Language {
    /// The name in the API, the database and fingerprints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Java => "java",
            Self::Python => "python",
            Self::Node => "node",
            Self::Dotnet => "dotnet",
            Self::Native => "native",
        }
    }
}

/// A panic as it stands in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Panic {
    /// Whose it is.
    pub language: Language,
    /// What was thrown: `panic`, `fatal error`, `java.lang.IllegalStateException`.
    pub kind: String,
    /// What was said of it, on one line.
    pub message: String,
    /// Where it happened, the innermost function first.
    pub frames: Vec<Frame>,
    /// The same for the same fault in every build and run: `go:v1:…`. Without addresses, line numbers and numbers of goroutines.
    pub fingerprint: String,
    /// The runtime had no memory left to give.
    pub out_of_memory: bool,
    /// Its first line, counted from 0.
    pub first_line: usize,
}

/// What a reader found; the rest of a [`Panic`] follows from it.
struct Found {
    kind: String,
    message: String,
    frames: Vec<Frame>,
    first_line: usize,
}

/// Finds the last panic in lines.
type Reader = fn(&[&str]) -> Option<Found>;

/// Every language. Of two that begin at the same line the first one wins.
const READERS: [(Language, Reader); 7] = [
    (Language::Go, go::find),
    (Language::Rust, rust::find),
    (Language::Java, java::find),
    (Language::Python, python::find),
    (Language::Dotnet, dotnet::find),
    (Language::Node, node::find),
    (Language::Native, native::find),
];

/// The last panic in the lines of a log, in any language.
pub fn find(lines: &[&str]) -> Option<Panic> {
    let mut last: Option<(Language, Found)> = None;
    for (language, read) in READERS {
        let Some(found) = read(lines) else { continue };
        // `Aborted` ends many a log; whatever stands before it says why.
        let known = last.as_ref().map(|(_, known)| known);
        if known
            .is_none_or(|known| found.first_line > known.first_line && found.kind != native::ABORT)
        {
            last = Some((language, found));
        }
    }
    let (language, found) = last?;
    Some(Panic {
        language,
        fingerprint: fingerprint::of(language, &found.kind, &found.message, &found.frames),
        out_of_memory: text::says_out_of_memory(&found.kind, &found.message),
        kind: found.kind,
        message: found.message,
        frames: found.frames,
        first_line: found.first_line,
    })
}

//! One function of a stack.

use serde::{Deserialize, Serialize};

/// One function of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// Its full name, without arguments.
    pub function: String,
    /// Source file, where it was told.
    pub file: Option<String>,
    /// Line in it.
    pub line: Option<u32>,
    /// Whether it is the program's own code, as opposed to the runtime's and, where paths tell, its libraries'.
    pub in_app: bool,
}

/// Stacks are cut here: a stack overflow has thousands of frames.
pub const MOST: usize = 60;

/// `path:12` or `path:12:5` as path and line; a column comes last and is left out.
pub(super) fn place(text: &str) -> (String, Option<u32>) {
    let mut rest = text;
    let mut line = None;
    while let Some((head, number)) = rest.rsplit_once(':') {
        let Ok(number) = number.parse() else { break };
        line = Some(number);
        rest = head;
    }
    (rest.to_owned(), line)
}

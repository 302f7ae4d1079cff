//! The sentences above the charts. The server writes them; the page shows them.

use serde::{Deserialize, Serialize};

/// A statement, what qualifies it, and where there is more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The statement.
    pub claim: String,
    /// Its circumstances; may be empty.
    pub rest: String,
    /// The address of a document that says more; empty for none.
    pub href: String,
}

/// The label as the start of a sentence.
pub fn capitalised(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

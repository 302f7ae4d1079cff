//! Causes and other glyphs. A cause is always colour, glyph and word together.

use domain::verdict::{Cause, CauseGroup};
use leptos::prelude::*;

/// The small pictures, drawn in a box of 12 by 12 in the colour of the `c-…` class around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// A full column: memory.
    Memory,
    /// A bolt: the program.
    Program,
    /// A head: a person.
    Person,
    /// Two racks: the platform.
    Platform,
    /// A ring with a bar: not known.
    Unknown,
    /// A tick: well.
    Ok,
    /// A bar: stopped, against.
    No,
    /// A triangle: a restart.
    Restart,
}

impl Glyph {
    /// Path data; overlapping parts cut each other out.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Memory => "M0 0h12v1.5H0zM2 3h8v9H2z",
            Self::Program => "M7.6 0 1.6 7h3.2L3.8 12l6.4-7.4H6.6Z",
            Self::Person => {
                "M6 .2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 1 1 0-5.6ZM.8 12a5.2 5.2 0 0 1 10.4 0Z"
            }
            Self::Platform => "M0 1h12v4H0zM8 2.4h2.4v1.2H8zM0 7h12v4H0zM8 8.4h2.4v1.2H8z",
            Self::Unknown => {
                "M6 0a6 6 0 1 1 0 12A6 6 0 0 1 6 0Zm0 1.6a4.4 4.4 0 1 0 0 8.8 4.4 4.4 0 0 0 0-8.8ZM4.4 5.3h3.2v1.4H4.4z"
            }
            Self::Ok => "M4.4 10.6.6 6.8 2 5.4l2.4 2.4L10 1.8l1.4 1.4Z",
            Self::No => "M1 5h10v2H1z",
            Self::Restart => "M6 1.2 11.4 10.8H.6Z",
        }
    }
}

impl From<CauseGroup> for Glyph {
    fn from(group: CauseGroup) -> Self {
        match group {
            CauseGroup::Memory => Self::Memory,
            CauseGroup::Program => Self::Program,
            CauseGroup::Person => Self::Person,
            CauseGroup::Platform => Self::Platform,
            CauseGroup::Unknown => Self::Unknown,
        }
    }
}

/// The class that gives a group its colour.
pub const fn group_tone(group: CauseGroup) -> &'static str {
    match group {
        CauseGroup::Memory => "c-memory",
        CauseGroup::Program => "c-program",
        CauseGroup::Person => "c-person",
        CauseGroup::Platform => "c-platform",
        CauseGroup::Unknown => "c-unknown",
    }
}

/// The class that gives a cause its colour.
pub const fn tone(cause: Cause) -> &'static str {
    group_tone(cause.group())
}

/// A glyph beside words that say the same; never on its own.
#[component]
pub fn CauseMark(
    /// Which one.
    #[prop(into)]
    glyph: Glyph,
    /// A `c-…` class, if no element around it sets the colour.
    #[prop(optional)]
    tone: &'static str,
) -> impl IntoView {
    let class = if tone.is_empty() {
        "gl".to_owned()
    } else {
        format!("gl {tone}")
    };
    view! {
        <svg class=class viewBox="0 0 12 12" aria-hidden="true">
            <path fill-rule="evenodd" d=glyph.path()></path>
        </svg>
    }
}

/// A cause in colour, glyph and word.
#[component]
pub fn CauseLabel(
    /// Which one.
    cause: Cause,
) -> impl IntoView {
    view! {
        <span class=format!("cause {}", tone(cause))>
            <CauseMark glyph=cause.group() />
            {cause.label()}
        </span>
    }
}

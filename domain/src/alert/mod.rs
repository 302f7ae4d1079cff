//! Alert rules: what people want to be told, when it is said, and when it is not.
//!
//! A [`Rule`] names a [`Condition`], where it holds ([`Scope`]) and how patient it is. Its [`Standing`] over one workload (or source) is a
//! state machine: inactive, pending, firing, and inactive again when it resolved. [`Told`] decides apart from that what is said of it, so
//! that a silence or an inhibition ([`Silence`], [`Inhibition`]) holds words back and never a state. The same machine runs over what is
//! stored to preview a rule ([`preview`]), and over what somebody made up to try one ([`rehearsal`]).
//!
//! Rules, silences and channels are written as [`Fields`]: names with texts, as forms, TOML and JSON all give them, with one check
//! that says for each field what is wrong.

mod condition;
mod course;
mod defaults;
mod fields;
mod message;
pub mod preview;
mod quantity;
pub mod rehearsal;
mod rule;
mod scope;
mod silence;
mod standing;
mod telling;
mod text;

pub use condition::{Causes, Condition, Happening, Pick, Side, Signal, Threshold};
pub use course::Course;
pub use defaults::defaults;
pub use fields::{FieldProblem, Fields};
pub use message::{Message, Subject};
pub use quantity::{Quantity, duration, duration_text, parse_duration};
pub use rule::{Channels, Rule, Severity};
pub use scope::{LabelPattern, Named, Pattern, Scope, Target};
pub use silence::{Matchers, Silence, Window};
pub use standing::{Change, Look, Phase, Reading, Standing};
pub use telling::{Inhibition, Notice, Suppressed, Told, due};

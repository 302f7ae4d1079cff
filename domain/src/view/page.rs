//! Lists.

use serde::{Deserialize, Serialize};

/// One page of a list: `{"data":[…],"meta":{"next":cursor|null}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// How to go on.
    pub meta: Meta,
}

/// What is true of the whole page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Meta {
    /// Give it back as `cursor` for the next page; `null` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A list that fits on one page.
    pub fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            meta: Meta::default(),
        }
    }
}

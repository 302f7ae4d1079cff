//! What the server knew while it rendered the page and the browser must know too, lest they disagree.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Theme, now_ms};
use crate::{backend::About, wire::Wire};

/// Handed over inside the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// When the page was rendered, in milliseconds since the epoch.
    pub rendered_at: i64,
    /// The theme of the visitor.
    pub theme: Theme,
    /// What is true of the server as a whole.
    pub about: About,
}

impl Handover {
    /// Made on the server, read back in the browser.
    pub fn take() -> Self {
        SharedValue::<_, Wire>::new_with_encoding(Self::make).into_inner()
    }

    /// As the request that is being answered has it.
    #[cfg(feature = "ssr")]
    pub fn make() -> Self {
        Self {
            rendered_at: now_ms(),
            theme: Theme::of_request(),
            // There is none while the list of routes is made, which renders nothing for anyone.
            about: use_context::<crate::backend::SharedBackend>()
                .map(|backend| backend.about())
                .unwrap_or_default(),
        }
    }

    /// A page that was not rendered on the server.
    #[cfg(not(feature = "ssr"))]
    fn make() -> Self {
        Self {
            rendered_at: now_ms(),
            ..Self::default()
        }
    }
}

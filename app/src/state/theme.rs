//! Light, dark, or as the system wants it.

use serde::{Deserialize, Serialize};

/// The cookie's name.
const COOKIE: &str = "theme";

/// In which colours pages are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the visitor's system wants it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The name in forms and in the cookie.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The one that the button switches to.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The value of `data-theme` on the root element, which the style sheet reads; none follows the system.
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.name()),
        }
    }

    /// Reads the `Cookie` header; anything that is no theme follows the system.
    pub fn from_cookies(header: &str) -> Self {
        let wanted = header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value));
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| Some(theme.name()) == wanted)
            .unwrap_or_default()
    }

    /// What the request that is being answered asks for.
    #[cfg(feature = "ssr")]
    pub fn of_request() -> Self {
        use axum::http::{header::COOKIE, request::Parts};
        leptos::prelude::use_context::<Parts>()
            .and_then(|parts| {
                let header = parts.headers.get(COOKIE)?.to_str().ok()?;
                Some(Self::from_cookies(header))
            })
            .unwrap_or_default()
    }

    /// The cookie that remembers it for a year, as in a `Set-Cookie` header and in `document.cookie`.
    pub const fn to_cookie(self) -> &'static str {
        match self {
            Self::System => "theme=; Path=/; Max-Age=0; SameSite=Lax",
            Self::Light => "theme=light; Path=/; Max-Age=31536000; SameSite=Lax",
            Self::Dark => "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let cases = [
            ("theme=dark", Theme::Dark),
            ("a=b; theme=light; c=d", Theme::Light),
            ("mytheme=dark", Theme::System),
            ("theme=purple", Theme::System),
            ("theme", Theme::System),
            ("", Theme::System),
        ];
        for (header, expected) in cases {
            assert_eq!(Theme::from_cookies(header), expected, "{header}");
        }
    }

    #[test]
    fn the_button_goes_round() {
        assert_eq!(Theme::default().next().next().next(), Theme::default());
    }
}

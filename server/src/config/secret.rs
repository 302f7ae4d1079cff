//! Values that must not be seen.

use std::fmt;

/// A value that shows itself to nobody who does not ask for it by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A URL without its password, for messages. What is no URL is not shown at all: it may be the password itself.
pub fn redact_url(text: &str) -> String {
    let Ok(mut url) = url::Url::parse(text) else {
        return "[redacted]".to_owned();
    };
    if url.password().is_some() {
        // Fails only for URLs that can have no password.
        let _has_none = url.set_password(Some("***"));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(name, _)| name == "password") {
        url.query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(name, value)| {
                (
                    name,
                    if name == "password" {
                        "***"
                    } else {
                        value.as_str()
                    },
                )
            }));
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::{Secret, redact_url};

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(
            redact_url("postgres://me:hunter2@db.example:5432/inquest"),
            "postgres://me:***@db.example:5432/inquest"
        );
        assert_eq!(
            redact_url("postgres:///inquest?host=/run/pg&password=hunter2"),
            "postgres:///inquest?host=%2Frun%2Fpg&password=***"
        );
        assert_eq!(redact_url("hunter2"), "[redacted]");
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "[redacted]"
        );
    }
}

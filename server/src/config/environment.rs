//! The environment: `INQUEST_LOG__LEVEL` is `level` in `[log]`, `INQUEST_SOURCE__0__NAME` the name of the first source.

use std::{collections::BTreeMap, path::Path};

use super::{problem::Origin, reader::Reader};

/// What our variables begin with.
pub(super) const PREFIX: &str = "INQUEST_";

/// Between the levels of a key; a single underscore is part of a name.
const LEVEL: &str = "__";

/// Variables of ours that are not in the file: where the file is.
const NOT_KEYS: [&str; 1] = ["INQUEST_CONFIG"];

/// What the process was told by its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    /// Whether it runs as root.
    pub is_root: bool,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 cannot be ours.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            is_root: rustix::process::geteuid().is_root(),
        }
    }

    /// A variable. An empty one counts as unset: that is how compose files switch one off.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The data folder when none is configured.
    pub(super) fn data_dir(&self) -> String {
        let home = || {
            self.get("HOME")
                .map(|home| Path::new(home).join(".local/share"))
        };
        let base = self
            .get("XDG_DATA_HOME")
            .map(|dir| Path::new(dir).to_path_buf());
        match base.or_else(home) {
            Some(base) if !self.is_root => base.join("inquest").display().to_string(),
            _ => "/var/lib/inquest".to_owned(),
        }
    }

    /// Adds what the variables say.
    pub(super) fn read(&self, reader: &mut Reader) {
        for (name, key) in [
            ("DATABASE_URL", "database.url"),
            ("DATABASE_URL_FILE", "database.url_file"),
        ] {
            if let Some(value) = self.get(name) {
                reader.add(
                    key,
                    value.to_owned().into(),
                    Origin::Variable(name.to_owned()),
                );
            }
        }
        for name in self.variables.keys() {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if NOT_KEYS.contains(&name.as_str()) || is_service_link(rest) {
                continue;
            }
            if let Some(value) = self.get(name) {
                let key = rest.to_lowercase().replace(LEVEL, ".");
                reader.add(
                    &key,
                    value.to_owned().into(),
                    Origin::Variable(name.clone()),
                );
            }
        }
    }
}

/// Kubernetes tells every pod the addresses of the services beside it: one that is called `inquest` becomes
/// `INQUEST_SERVICE_HOST`, `INQUEST_PORT`, `INQUEST_PORT_3000_TCP_ADDR` and so on. None of that is meant for us.
fn is_service_link(rest: &str) -> bool {
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

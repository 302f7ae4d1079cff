//! Names in columns, read back into the domain's enumerations.

use domain::verdict::{Cause, Confidence};
use serde::{Serialize, de::DeserializeOwned};

use super::error::{StoreError, While};

/// Reads a name that this version of Inquest must know.
pub(super) fn known<T>(
    value: &str,
    column: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
    doing: &'static str,
) -> Result<T, StoreError> {
    read(value).ok_or_else(|| StoreError::UnknownValue {
        doing,
        column,
        value: value.to_owned(),
    })
}

/// Why a restart happened, as the ledger names it.
pub(super) fn cause(name: &str, doing: &'static str) -> Result<Cause, StoreError> {
    known(name, "restart.cause", Cause::from_name, doing)
}

/// How sure the ledger is of it.
pub(super) fn confidence(name: &str, doing: &'static str) -> Result<Confidence, StoreError> {
    known(name, "restart.confidence", Confidence::from_name, doing)
}

/// A domain value for a `jsonb` column.
pub(super) fn to_json<T: Serialize>(
    value: &T,
    doing: &'static str,
) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value)
        .map_err(|error| sqlx::Error::Encode(error.into()))
        .during(doing)
}

/// A domain value from a `jsonb` column.
pub(super) fn from_json<T: DeserializeOwned>(
    value: serde_json::Value,
    doing: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_value(value)
        .map_err(|error| sqlx::Error::Decode(error.into()))
        .during(doing)
}

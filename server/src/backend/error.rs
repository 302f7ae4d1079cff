//! Failures of the store, for people: what helps them goes out, the rest to the log.

use std::{
    error::Error,
    hash::{BuildHasher, Hasher, RandomState},
};

use app::backend::BackendError;
use domain::ids::WorkloadId;

use crate::store::StoreError;

pub(super) fn no_workload(id: WorkloadId) -> BackendError {
    BackendError::NotFound {
        what: "workload".to_owned(),
        id: id.to_string(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
pub(super) fn from_store(error: StoreError) -> BackendError {
    if let StoreError::BadCursor = error {
        return BackendError::Invalid {
            field: "cursor".to_owned(),
            problem: "no cursor of this list; give back `meta.next` as it was, or leave it out to begin anew".to_owned(),
        };
    }
    if error.is_unavailable() {
        tracing::warn!(error = chain(&error), "the store does not answer");
        return BackendError::Unavailable {
            problem: error.to_string(),
        };
    }
    // Every hasher of this kind begins with other random numbers.
    let id = format!("{:016x}", RandomState::new().build_hasher().finish());
    tracing::error!(id, error = chain(&error), "the store failed");
    BackendError::Internal { id }
}

/// An error with all that caused it.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| Error::source(*error));
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

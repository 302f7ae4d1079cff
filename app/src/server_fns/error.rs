//! Why a page did not get its data.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::{backend::BackendError, wire::Wire};

/// Why a page did not get its data, in words for the person who looks at it. Browsers need no more of a [`BackendError`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    message: String,
    not_found: bool,
}

impl AppError {
    /// Whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.not_found
    }
}

impl From<BackendError> for AppError {
    fn from(error: BackendError) -> Self {
        Self {
            message: error.to_string(),
            not_found: matches!(error, BackendError::NotFound { .. }),
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = Wire;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self {
            message: format!("Inquest’s server could not be asked: {error}"),
            not_found: false,
        }
    }
}

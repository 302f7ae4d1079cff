//! Why a page did not get its data.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use super::JsonText;
use crate::backend::BackendError;

/// Why a page did not get its data, in words for the person who looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// The server refused or failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The server could not be asked, or its answer not read.
    #[error("Inquest’s server could not be asked: {0}")]
    Transport(String),
}

impl AppError {
    /// Whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Backend(BackendError::NotFound { .. }))
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }
}

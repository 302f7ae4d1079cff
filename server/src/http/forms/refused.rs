//! Why a form was refused, as its page says it.

use app::{alerts::ChangeError, backend::BackendError};
use axum::http::StatusCode;
use domain::alert::FieldProblem;

use crate::http::problem::Problem;

/// What was sent was not done, and nothing of it was.
pub(super) enum Refused {
    /// Fields cannot be taken: whoever filled them in can mend that. A problem without a field is one of the form.
    Fields(StatusCode, Vec<FieldProblem>),
    /// Anything else, which has no place on the page.
    Whole(Problem),
}

impl From<BackendError> for Refused {
    fn from(error: BackendError) -> Self {
        let (status, field, problem) = match error {
            BackendError::Invalid { field, problem } => {
                (StatusCode::UNPROCESSABLE_ENTITY, field, problem)
            }
            BackendError::Conflict { problem } => (StatusCode::CONFLICT, String::new(), problem),
            error => return Self::Whole(error.into()),
        };
        let problem = format!("Not done: {problem}.");
        Self::Fields(status, vec![FieldProblem { field, problem }])
    }
}

impl From<ChangeError> for Refused {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Fields(problems) => {
                Self::Fields(StatusCode::UNPROCESSABLE_ENTITY, problems)
            }
            ChangeError::Backend(error) => error.into(),
        }
    }
}

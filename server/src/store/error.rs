//! What can go wrong in the store.

use super::series::CodecError;

/// A failure of the store: what was being done, and whose fault it is.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or not in time. Trying again later helps.
    #[error("{doing}: the database does not answer")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// The database refused the statement: a mistake of ours, or a schema that is not ours.
    #[error("{doing}: the database refused")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("bringing the schema up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Stored samples cannot be read.
    #[error("{doing}: stored samples cannot be read")]
    Corrupt {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: CodecError,
    },
    /// A stored value has no meaning: it was written by a newer Inquest or by hand.
    #[error("{doing}: {column} has the unknown value `{value}`")]
    UnknownValue {
        /// What was being done.
        doing: &'static str,
        /// Where it is.
        column: &'static str,
        /// What is there.
        value: String,
    },
    /// A page was asked for with a cursor that we did not give out.
    #[error("cursor: this is no cursor of this list; leave it out to begin at the first page")]
    BadCursor,
    /// Facts name a container of which the store has not been told.
    #[error("{doing}: container {container} is not known")]
    UnknownContainer {
        /// What was being done.
        doing: &'static str,
        /// The engine's id.
        container: String,
    },
    /// A worker thread panicked or was stopped with the runtime.
    #[error("{doing}: the worker ended early")]
    Interrupted {
        /// What was being done.
        doing: &'static str,
        /// What the runtime says.
        #[source]
        source: tokio::task::JoinError,
    },
}

impl StoreError {
    /// Whether trying again later can help.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Says what was being done when something failed.
pub(super) trait While<T> {
    fn during(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> While<T> for Result<T, sqlx::Error> {
    fn during(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| {
            if is_transient(&source) {
                StoreError::Unavailable { doing, source }
            } else {
                StoreError::Refused { doing, source }
            }
        })
    }
}

impl<T> While<T> for Result<T, CodecError> {
    fn during(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Corrupt { doing, source })
    }
}

impl<T> While<T> for Result<T, tokio::task::JoinError> {
    fn during(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Interrupted { doing, source })
    }
}

/// Classes of SQLSTATE (`PostgreSQL`, appendix A) that say "not now": connection, rollback (deadlock, serialization), resources,
/// operator intervention (shutdown, statement timeout), system error (disk), lock not available.
fn is_transient(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            ["08", "40", "53", "57", "58", "55P03"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_no_mistake_of_ours() {
        let lost: Result<(), _> = Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()));
        let error = lost.during("reading sources").expect_err("is one");
        assert!(error.is_unavailable());
        assert_eq!(
            error.to_string(),
            "reading sources: the database does not answer"
        );
        let missing: Result<(), _> = Err(sqlx::Error::RowNotFound);
        assert!(
            !missing
                .during("reading sources")
                .expect_err("is one")
                .is_unavailable()
        );
    }
}

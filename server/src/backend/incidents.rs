//! What people ask of incidents, and what they do with them.

use app::backend::BackendError;
use domain::{
    Timestamp,
    ids::IncidentId,
    view::{IncidentChange, IncidentCharts, IncidentDetail, IncidentRow, MAX_NAME, MAX_NOTE},
};

use super::error::from_store;
use crate::{
    live::{Live, LiveEvent},
    store::{Changed, Store},
};

pub(super) async fn row(store: &Store, id: IncidentId) -> Result<IncidentRow, BackendError> {
    let row = store.incident_row(id).await.map_err(from_store)?;
    row.ok_or_else(|| no_incident(id))
}

pub(super) async fn detail(store: &Store, id: IncidentId) -> Result<IncidentDetail, BackendError> {
    let detail = store.incident_detail(id).await.map_err(from_store)?;
    detail.ok_or_else(|| no_incident(id))
}

pub(super) async fn charts(
    store: &Store,
    id: IncidentId,
    now: Timestamp,
) -> Result<IncidentCharts, BackendError> {
    let row = row(store, id).await?;
    store.incident_charts(&row, now).await.map_err(from_store)
}

pub(super) async fn change(
    store: &Store,
    live: &Live,
    id: IncidentId,
    change: &IncidentChange,
    who: Option<&str>,
    now: Timestamp,
) -> Result<IncidentDetail, BackendError> {
    let change = tidy(change)?;
    let who = who.map(str::trim).filter(|who| !who.is_empty());
    short("who", who.unwrap_or_default(), MAX_NAME)?;
    let changed = store.incidents().change(id, &change, who, now).await;
    match changed.map_err(from_store)? {
        Changed::Done => {}
        Changed::NotFound => return Err(no_incident(id)),
        Changed::Refused(refusal) => {
            return Err(BackendError::Conflict {
                problem: refusal.to_string(),
            });
        }
    }
    live.publish(LiveEvent::Incident {
        incident: id,
        at: now,
    });
    detail(store, id).await
}

/// Without space around what was written, and within bounds.
fn tidy(change: &IncidentChange) -> Result<IncidentChange, BackendError> {
    let tidied = |text: &str| text.trim().replace("\r\n", "\n");
    Ok(match change {
        IncidentChange::Acknowledge => IncidentChange::Acknowledge,
        IncidentChange::Reopen => IncidentChange::Reopen,
        IncidentChange::Resolve { text } => {
            short("text", text.trim(), MAX_NOTE)?;
            IncidentChange::Resolve { text: tidied(text) }
        }
        IncidentChange::Owner { owner } => {
            short("owner", owner.trim(), MAX_NAME)?;
            IncidentChange::Owner {
                owner: tidied(owner),
            }
        }
        IncidentChange::Note { text } => {
            if text.trim().is_empty() {
                return Err(invalid("text", "a note says something"));
            }
            short("text", text.trim(), MAX_NOTE)?;
            IncidentChange::Note { text: tidied(text) }
        }
    })
}

fn short(field: &str, text: &str, most: usize) -> Result<(), BackendError> {
    let length = text.chars().count();
    if length > most {
        return Err(invalid(
            field,
            format!("{length} characters are more than the {most} that fit"),
        ));
    }
    // Postgres does not take it, and people do not type it.
    if text.contains('\0') {
        return Err(invalid(field, "it has a character that is no text"));
    }
    Ok(())
}

fn invalid(field: &str, problem: impl Into<String>) -> BackendError {
    BackendError::Invalid {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

fn no_incident(id: IncidentId) -> BackendError {
    BackendError::NotFound {
        what: "incident".to_owned(),
        id: id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn note(text: &str) -> IncidentChange {
        IncidentChange::Note {
            text: text.to_owned(),
        }
    }

    #[rstest]
    #[case::nothing("", false)]
    #[case::space(" \r\n\t", false)]
    #[case::something("a client per request", true)]
    #[case::as_much_as_fits(&"ü".repeat(MAX_NOTE), true)]
    #[case::more(&"ü".repeat(MAX_NOTE + 1), false)]
    #[case::no_text("a\0b", false)]
    fn notes(#[case] text: &str, #[case] taken: bool) {
        assert_eq!(tidy(&note(text)).is_ok(), taken);
    }

    #[test]
    fn browsers_end_lines_their_own_way() {
        assert_eq!(tidy(&note(" one\r\ntwo\n")), Ok(note("one\ntwo")));
    }
}

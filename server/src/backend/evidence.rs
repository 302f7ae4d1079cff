//! What is kept around one restart.

use app::backend::BackendError;
use chrono::TimeDelta;
use domain::{
    ids::RestartId,
    view::{LONGEST_NOTE, LogView, NewCorrection, RestartDetail},
};

use super::error::from_store;
use crate::{export::scenario, store::Store};

/// Events so long before and after an end go into a scenario: as long as the ledger remembers them.
const BEFORE: TimeDelta = TimeDelta::minutes(10);
const AFTER: TimeDelta = TimeDelta::seconds(30);

pub(super) async fn restart(store: &Store, id: RestartId) -> Result<RestartDetail, BackendError> {
    let detail = store.restart_detail(id).await.map_err(from_store)?;
    detail.ok_or_else(|| no_restart(id))
}

pub(super) async fn log(store: &Store, id: RestartId) -> Result<LogView, BackendError> {
    let log = store.restart_log(id).await.map_err(from_store)?;
    log.ok_or_else(|| BackendError::NotFound {
        what: "log of a restart".to_owned(),
        id: id.to_string(),
    })
}

pub(super) async fn scenario(store: &Store, id: RestartId) -> Result<String, BackendError> {
    let detail = restart(store, id).await?;
    let (from, to) = (detail.row.ended_at - BEFORE, detail.row.ended_at + AFTER);
    let events = store
        .events()
        .around(id, from, to)
        .await
        .map_err(from_store)?;
    let log = store.restart_log(id).await.map_err(from_store)?;
    let engine = store.sources().engine_of(id).await.map_err(from_store)?;
    let tells_causes = engine.is_none_or(|engine| engine.tells_causes());
    Ok(scenario::write(
        &detail,
        (&events, tells_causes),
        log.as_ref(),
    ))
}

pub(super) async fn correct(
    store: &Store,
    id: RestartId,
    correction: &NewCorrection,
) -> Result<(), BackendError> {
    let note = correction.note.replace("\r\n", "\n");
    let invalid = |problem: String| BackendError::Invalid {
        field: "note".to_owned(),
        problem,
    };
    let length = note.chars().count();
    if length > LONGEST_NOTE {
        return Err(invalid(format!(
            "{length} characters are too many; {LONGEST_NOTE} fit"
        )));
    }
    if note
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'))
    {
        return Err(invalid(
            "there are control characters in it; write plain text".to_owned(),
        ));
    }
    let correction = NewCorrection {
        cause: correction.cause,
        note: note.trim().to_owned(),
    };
    let found = store.correct(id, &correction).await.map_err(from_store)?;
    if found { Ok(()) } else { Err(no_restart(id)) }
}

fn no_restart(id: RestartId) -> BackendError {
    BackendError::NotFound {
        what: "restart".to_owned(),
        id: id.to_string(),
    }
}

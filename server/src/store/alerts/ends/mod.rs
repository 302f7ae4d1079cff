//! Rules about ends and what happens in a moment, looked at in the transaction that writes the ledger: either the entry and what is to be
//! said of it are both kept, or neither.

mod happened;
mod scene;
mod whose;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{Condition, Happening, Signal},
};
use sqlx::PgConnection;

pub(in crate::store) use self::happened::{Filed, Happened, What};
use self::{scene::Scene, whose::Whose};
use super::{
    open::{self, OpenAlert, TargetKey},
    rules::{self, StoredRule},
    silences::{self, StoredSilence},
};
use crate::store::error::StoreError;

const DOING: &str = "looking at alert rules";

/// What is older when it is heard of is history, not news. Long enough for what happened in a night without Inquest.
const NEWS: TimeDelta = TimeDelta::hours(24);

/// Looks at every rule that may be about what happened.
pub(in crate::store) async fn note(
    connection: &mut PgConnection,
    happened: &[Happened],
    now: Timestamp,
) -> Result<(), StoreError> {
    let news: Vec<&Happened> = happened.iter().filter(|one| now - one.at < NEWS).collect();
    if news.is_empty() {
        return Ok(());
    }
    super::lock(connection).await?;
    let rules = rules::read(connection).await?;
    let silences = silences::read(connection).await?;
    for one in news {
        let Some(whose) = Whose::read(connection, one.workload, now).await? else {
            continue;
        };
        let key = TargetKey {
            source: whose.source,
            workload: Some(one.workload),
        };
        let open = open::read(connection, Some(one.workload)).await?;
        let about =
            |rule: &&StoredRule| rule.rule.enabled && rule.rule.scope.covers(whose.target());
        for stored in rules.iter().filter(about) {
            let before = open.iter().find(|alert| alert.rule == stored.id);
            let alert = before
                .cloned()
                .unwrap_or_else(|| OpenAlert::new(stored.id, key, one.at));
            let scene = Scene {
                stored,
                whose: &whose,
                silences: &silences,
                now,
            };
            match (&stored.rule.condition, &one.what) {
                (Condition::Happens(happening), _) if one.is(happening) => {
                    scene.happen(connection, alert, one).await?;
                }
                (Condition::Threshold(threshold), What::End { .. }) => {
                    if let Signal::Restarts { causes, window_s } = &threshold.signal {
                        scene
                            .count(connection, alert, one, (causes, *window_s))
                            .await?;
                    }
                }
                _ => {}
            }
        }
        let opened = one.what.filed().filter(|filed| filed.is_first);
        if opened.is_some_and(|filed| filed.is_of_platform) {
            platform_opened(connection, &rules, &whose, &silences, one, now).await?;
        }
    }
    Ok(())
}

/// An incident of an engine or its host was opened: that is about the source, whosever end it was.
async fn platform_opened(
    connection: &mut PgConnection,
    rules: &[StoredRule],
    whose: &Whose,
    silences: &[StoredSilence],
    one: &Happened,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_about = |rule: &&StoredRule| {
        let is_of_incidents = matches!(
            rule.rule.condition,
            Condition::Happens(Happening::IncidentOpened)
        );
        rule.rule.enabled && is_of_incidents && rule.rule.scope.covers(whose.platform())
    };
    let key = TargetKey {
        source: whose.source,
        workload: None,
    };
    for stored in rules.iter().filter(is_about) {
        let mut open = open::read(connection, None).await?;
        open.retain(|alert| alert.rule == stored.id && alert.target == key);
        let alert = open
            .pop()
            .unwrap_or_else(|| OpenAlert::new(stored.id, key, one.at));
        let scene = Scene {
            stored,
            whose,
            silences,
            now,
        };
        scene.happen(connection, alert, one).await?;
    }
    Ok(())
}

//! Rules about ends and what happens in a moment, looked at in the transaction that writes the ledger: either the entry and what is to be
//! said of it are both kept, or neither.

use chrono::TimeDelta;
use domain::{
    Timestamp,
    alert::{
        Causes, Change, Condition, Happening, Inhibition, Look, Named, Notice, Reading, Rule,
        Signal, Subject, Suppressed, Target,
    },
    ids::{ContainerKey, IncidentId, RestartId, SourceId, WorkloadId},
    labels::Labels,
    source::SourceState,
    verdict::{Cause, Confidence},
};
use sqlx::PgConnection;

use super::{
    super::{
        error::{StoreError, While},
        text,
    },
    notices,
    open::{self, OpenAlert, TargetKey},
    roster::SHAKEN,
    rules::{self, StoredRule},
    silences::{self, StoredSilence},
    words::{Reason, message},
};

const DOING: &str = "looking at alert rules";

/// What is older when it is heard of is history, not news. Long enough for what happened in a night without Inquest.
const NEWS: TimeDelta = TimeDelta::hours(24);

/// Something of a workload that a rule may be about.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) struct Happened {
    /// Whose.
    pub(in crate::store) workload: WorkloadId,
    /// When.
    pub(in crate::store) at: Timestamp,
    /// What.
    pub(in crate::store) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum What {
    /// A run ended.
    End {
        /// The entry of the ledger.
        restart: RestartId,
        /// Why.
        cause: Cause,
        /// How sure that is.
        confidence: Confidence,
        /// The sentence that speaks loudest for it.
        evidence: Option<String>,
        /// Whether it counts as a restart.
        counts: bool,
        /// Fingerprint and message of the panic in its log, when the workload has not had that one before.
        new_fault: Option<(String, String)>,
        /// Where it is filed; `None` for what people did on purpose.
        filed: Option<Filed>,
    },
    /// A process in a container was killed for memory.
    ChildOutOfMemory,
    /// A deploy was found not to have mended what it came after.
    FixFailed {
        /// The container that it came with.
        container: ContainerKey,
        /// What was found, in a sentence.
        text: String,
    },
}

/// The incident of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Filed {
    /// Which.
    pub(in crate::store) incident: IncidentId,
    /// Whether it is about the engine or its host.
    pub(in crate::store) is_of_platform: bool,
    /// Whether the end is the first that was put into it.
    pub(in crate::store) is_first: bool,
}

impl What {
    const fn filed(&self) -> Option<Filed> {
        match self {
            Self::End { filed, .. } => *filed,
            _ => None,
        }
    }
}

/// Whom it happened to.
struct Whose {
    source: SourceId,
    source_name: String,
    is_source_down: bool,
    /// Whether its engine or host has just had an incident.
    is_platform_shaken: bool,
    group: String,
    name: String,
    image: String,
    labels: Labels,
}

impl Whose {
    fn target(&self) -> Target<'_> {
        Target {
            source: &self.source_name,
            workload: Some(Named {
                group: &self.group,
                name: &self.name,
                image: &self.image,
                labels: &self.labels,
            }),
        }
    }

    fn platform(&self) -> Target<'_> {
        Target {
            source: &self.source_name,
            workload: None,
        }
    }

    fn subject(&self, workload: Option<WorkloadId>) -> Subject {
        let Some(workload) = workload else {
            return Subject {
                source: self.source_name.clone(),
                workload: None,
                group: String::new(),
                name: self.source_name.clone(),
            };
        };
        Subject {
            source: self.source_name.clone(),
            workload: Some(workload),
            group: self.group.clone(),
            name: self.name.clone(),
        }
    }
}

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
        let Some(whose) = whose(connection, one.workload, now).await? else {
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
                (
                    Condition::Happens(Happening::Restart(causes)),
                    What::End { cause, counts, .. },
                ) if causes.take(*cause, *counts) => {
                    scene.happen(connection, alert, one).await?;
                }
                (
                    Condition::Happens(Happening::NewPanic),
                    What::End {
                        new_fault: Some(_), ..
                    },
                )
                | (Condition::Happens(Happening::ChildOutOfMemory), What::ChildOutOfMemory)
                | (Condition::Happens(Happening::FixFailed), What::FixFailed { .. }) => {
                    scene.happen(connection, alert, one).await?;
                }
                (
                    Condition::Happens(Happening::IncidentOpened),
                    What::End {
                        filed:
                            Some(Filed {
                                is_of_platform: false,
                                is_first: true,
                                ..
                            }),
                        ..
                    },
                ) => scene.happen(connection, alert, one).await?,
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

/// One rule, and where it is looked at.
struct Scene<'a> {
    stored: &'a StoredRule,
    whose: &'a Whose,
    silences: &'a [StoredSilence],
    now: Timestamp,
}

impl Scene<'_> {
    async fn suppressed(
        &self,
        connection: &mut PgConnection,
        alert: &OpenAlert,
        one: &Happened,
    ) -> Result<Option<Suppressed>, StoreError> {
        let rule = &self.stored.rule;
        let is_of_workload = alert.target.workload.is_some();
        // What is about the source is what people are told instead.
        if is_of_workload {
            let is_platform_incident = match (&rule.condition, one.what.filed()) {
                // What lasts is said when this is over.
                (Condition::Threshold(_), _) => self.whose.is_platform_shaken,
                // What happens in a moment is lost when it is held back: only that of which this rule has told already.
                (Condition::Happens(_), Some(filed)) if filed.is_of_platform => {
                    notices::has_told_of(connection, self.stored.id, filed.incident).await?
                }
                _ => false,
            };
            let inhibition = Inhibition {
                is_source_down: self.whose.is_source_down,
                is_platform_incident,
            };
            if inhibition.holds_back(rule) {
                return Ok(Some(Suppressed::Inhibited));
            }
        }
        let target = if is_of_workload {
            self.whose.target()
        } else {
            self.whose.platform()
        };
        Ok(silences::covered(
            self.silences,
            &rule.name,
            rule.severity,
            target,
            self.now,
        ))
    }

    /// What happens in a moment: each time is said once, however often the ledger is told of it.
    async fn happen(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
    ) -> Result<(), StoreError> {
        let is_about_faults = matches!(
            self.stored.rule.condition,
            Condition::Happens(Happening::NewPanic)
        );
        let key = match &one.what {
            What::End {
                new_fault: Some((fingerprint, _)),
                ..
            } if is_about_faults => format!(
                "rule-{}-fault-{}-{fingerprint}",
                self.stored.id, one.workload
            ),
            What::End {
                filed: Some(filed), ..
            } if matches!(
                self.stored.rule.condition,
                Condition::Happens(Happening::IncidentOpened)
            ) =>
            {
                format!("rule-{}-incident-{}", self.stored.id, filed.incident)
            }
            What::End { restart, .. } => format!("rule-{}-restart-{restart}", self.stored.id),
            What::FixFailed { container, .. } => {
                format!("rule-{}-proof-{}", self.stored.id, container.0)
            }
            What::ChildOutOfMemory => format!(
                "rule-{}-child-{}-{}",
                self.stored.id,
                one.workload,
                one.at.timestamp_micros()
            ),
        };
        if notices::is_known(connection, &key).await? {
            return Ok(());
        }
        let in_grace = in_grace(connection, &self.stored.rule, one).await?;
        let Some(change) = alert.standing.happen(one.at, in_grace) else {
            return Ok(());
        };
        alert.suppressed = self.suppressed(connection, &alert, one).await?;
        alert.occurrences += 1;
        if alert.suppressed.is_none() {
            alert.told.last_at = Some(self.now);
        }
        let notice = if change == Change::Again {
            Notice::Again
        } else {
            Notice::Fired
        };
        self.say(connection, alert, one, Some(change), notice, &key)
            .await
    }

    /// A number of ends in a window.
    async fn count(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
        (causes, window_s): (&Causes, i64),
    ) -> Result<(), StoreError> {
        let rule = &self.stored.rule;
        let count = count(connection, one.workload, causes, window_s, self.now).await?;
        let look = Look {
            at: self.now,
            blind: TimeDelta::zero(),
            in_grace: in_grace(connection, rule, one).await?,
            reading: Reading::Value(count as f64),
        };
        let before = alert.clone();
        let change = alert.standing.look(rule, look);
        if change.is_none() && alert == before {
            return Ok(());
        }
        // The count is exact here, but whether it is over is for the tick to say, which knows what was seen.
        if change == Some(Change::Resolved) {
            return Ok(());
        }
        alert.suppressed = self.suppressed(connection, &alert, one).await?;
        let is_news = change == Some(Change::Fired) && alert.suppressed.is_none();
        if is_news {
            alert.told.last_at = Some(self.now);
        }
        if let What::End { restart, .. } = one.what {
            alert.restart = Some(restart);
        }
        if is_news {
            self.say(connection, alert, one, change, Notice::Fired, "")
                .await
        } else {
            open::write(connection, &mut alert, self.stored, change, self.now).await
        }
    }

    /// Writes the alert and what is said of it; without a `key` it is said once for each alert.
    async fn say(
        &self,
        connection: &mut PgConnection,
        mut alert: OpenAlert,
        one: &Happened,
        change: Option<Change>,
        notice: Notice,
        key: &str,
    ) -> Result<(), StoreError> {
        let reason = match &one.what {
            What::End {
                restart,
                cause,
                confidence,
                evidence,
                new_fault,
                ..
            } => {
                alert.restart = Some(*restart);
                let is_about_faults = matches!(
                    self.stored.rule.condition,
                    Condition::Happens(Happening::NewPanic)
                );
                let fault = new_fault.as_ref().map(|(_, message)| message.clone());
                Reason {
                    cause: Some((*cause, *confidence)),
                    evidence: fault
                        .filter(|_| is_about_faults)
                        .or_else(|| evidence.clone()),
                    incident: one.what.filed().map(|filed| filed.incident),
                }
            }
            What::FixFailed { text, .. } => Reason {
                evidence: Some(text.clone()),
                ..Reason::default()
            },
            What::ChildOutOfMemory => Reason {
                cause: Some((Cause::ChildOutOfMemory, Confidence::Confirmed)),
                ..Reason::default()
            },
        };
        open::write(connection, &mut alert, self.stored, change, self.now).await?;
        let Some(id) = alert.id else { return Ok(()) };
        let subject = self.whose.subject(alert.target.workload);
        let message = message(self.stored, &alert, subject, notice, reason, one.at);
        let key = if key.is_empty() {
            notices::key(id, notice, 0)
        } else {
            key.to_owned()
        };
        notices::write(
            connection,
            id,
            self.stored,
            &key,
            alert.suppressed,
            &message,
            self.now,
        )
        .await
    }
}

async fn whose(
    connection: &mut PgConnection,
    workload: WorkloadId,
    now: Timestamp,
) -> Result<Option<Whose>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT s.id, s.name AS source, s.state, w.grp, w.name, c.image, c.labels,
                EXISTS (SELECT FROM incident i WHERE i.source_id = s.id AND i.workload_id IS NULL AND i.state <> 'resolved'
                           AND i.last_at > $2::timestamptz - make_interval(secs => $3)) AS "is_platform_shaken!"
         FROM workload w JOIN source s ON s.id = w.source_id
         JOIN LATERAL (SELECT image, labels FROM container WHERE workload_id = w.id ORDER BY created_at DESC, id DESC LIMIT 1) c ON true
         WHERE w.id = $1"#,
        workload.0,
        now,
        SHAKEN.num_seconds() as f64,
    )
    .fetch_optional(connection)
    .await
    .during(DOING)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Whose {
        source: SourceId(row.id),
        source_name: row.source,
        is_source_down: matches!(
            SourceState::from_name(&row.state),
            Some(SourceState::Unreachable | SourceState::PermissionDenied)
        ),
        is_platform_shaken: row.is_platform_shaken,
        group: row.grp,
        name: row.name,
        image: row.image,
        labels: text::from_json(row.labels, DOING)?,
    }))
}

/// Whether a deploy or an operator's stop was too recent.
async fn in_grace(
    connection: &mut PgConnection,
    rule: &Rule,
    one: &Happened,
) -> Result<bool, StoreError> {
    if rule.grace_s == 0 {
        return Ok(false);
    }
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM restart WHERE workload_id = $1 AND cause IN ('deployed', 'stopped') AND ended_at < $2
                  AND coalesce(started_at, ended_at) > $2::timestamptz - make_interval(secs => $3)
           ) AS "in_grace!""#,
        one.workload.0,
        one.at,
        rule.grace_s as f64,
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}

async fn count(
    connection: &mut PgConnection,
    workload: WorkloadId,
    causes: &Causes,
    window_s: i64,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let names: Vec<String> = causes.iter().map(|cause| cause.name().to_owned()).collect();
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM restart
           WHERE workload_id = $1 AND ended_at > $2::timestamptz - make_interval(secs => $3) AND ended_at <= $2
             AND CASE WHEN $4::text[] = '{}' THEN counts ELSE cause = ANY($4) END"#,
        workload.0,
        now,
        window_s as f64,
        names.as_slice(),
    )
    .fetch_one(connection)
    .await
    .during(DOING)
}

//! Incidents: every restart in one, in the transaction of the ledger, whatever is told twice, late or anew.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::{
    Timestamp,
    ids::{EngineId, IncidentId},
    incident::{IncidentState, Refusal, ResolvedBy},
    ledger::{CameBack, LedgerChange},
    metric::Metric,
    restart::{Restart, RestartKind},
    sample::Sample,
    source::SourceState,
    verdict::{Cause, Confidence},
    view::{
        EntryKind, IncidentChange, IncidentCharts, IncidentQuery, IncidentRow, RestartQuery,
        TimeRange, TimelineKind, TimelineQuery,
    },
};
use server::{
    collect::Health,
    store::{Changed, Keep, Recorded, Tick},
};

use crate::{
    database::{Fixture, now},
    ledger::out_of_memory,
};

/// The end of a run that lasted a minute.
fn end(container: &str, workload: &str, cause: Cause, ended_at: Timestamp) -> Restart {
    let mut restart = out_of_memory(container, workload, ended_at);
    restart.verdict.cause = cause;
    restart
}

impl Fixture {
    /// Records ends and says which incident each is in.
    async fn filed(&self, restarts: &[Restart]) -> Vec<Option<IncidentId>> {
        let changes: Vec<_> = restarts
            .iter()
            .map(|restart| LedgerChange::Ended(Box::new(restart.clone())))
            .collect();
        let recorded = self.store.ledger().record(self.source, &changes).await;
        recorded
            .unwrap()
            .into_iter()
            .filter_map(|recorded| match recorded {
                Recorded::Restart { incident, .. } => Some(incident),
                Recorded::Fact { .. } => None,
            })
            .collect()
    }

    async fn listed(&self) -> Vec<IncidentRow> {
        let page = self.store.incident_rows(&IncidentQuery::default()).await;
        page.unwrap().data
    }

    /// The source was polled then.
    async fn polled(&self, at: Timestamp) {
        let health = Health {
            at,
            state: SourceState::Healthy,
            problem: None,
            engine: None,
            poll_ms: Some(1),
            next_try_at: None,
            events_connected: true,
        };
        let sources = self.store.sources();
        sources.set_health(self.source, &health).await.unwrap();
    }

    async fn does(&self, id: IncidentId, change: IncidentChange, at: Timestamp) -> Changed {
        let incidents = self.store.incidents();
        incidents
            .change(id, &change, Some("ana"), at)
            .await
            .unwrap()
    }
}

/// A loop of ends, ten minutes apart, the newest at `last`.
fn crash_loop(ends: i64, last: Timestamp) -> Vec<Restart> {
    let at = |end: i64| last - TimeDelta::minutes(10 * (ends - 1 - end));
    (0..ends)
        .map(|number| end("a", "checkout", Cause::OutOfMemory, at(number)))
        .collect()
}

#[tokio::test]
async fn a_crash_loop_is_one_incident_with_a_count() {
    let (fixture, now) = (Fixture::new().await, now());
    let ends = crash_loop(20, now);
    let filed = fixture.filed(&ends).await;
    assert!(
        filed.iter().all(|id| id.is_some() && *id == filed[0]),
        "{filed:?}"
    );
    let [incident] = &fixture.listed().await[..] else {
        panic!("one incident")
    };
    assert_eq!(incident.restarts, 20);
    assert_eq!(
        (incident.began_at, incident.last_at),
        (ends[0].ended_at, now)
    );
    assert_eq!(incident.quiet_at, Some(now + TimeDelta::minutes(30)));
    assert_eq!(incident.state, IncidentState::Open);
    assert_eq!(incident.confidence, Some(Confidence::Confirmed));
    assert_eq!(incident.workload_name.as_deref(), Some("checkout"));

    let restarts = RestartQuery {
        incident: Some(incident.id),
        ..RestartQuery::default()
    };
    let restarts = fixture.store.restart_rows(&restarts).await.unwrap();
    assert_eq!(restarts.data.len(), 20);
}

#[tokio::test]
async fn telling_ends_again_in_any_order_changes_nothing() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut ends = crash_loop(6, now);
    ends.push(end("b", "web", Cause::Crash, now - TimeDelta::minutes(3)));
    fixture.filed(&ends).await;
    let once = fixture.listed().await;
    ends.reverse();
    for _ in 0..2 {
        fixture.filed(&ends).await;
        assert_eq!(fixture.listed().await, once);
    }
    assert_eq!(fixture.count("incident_restart").await, 7);
}

#[tokio::test]
async fn other_causes_and_other_workloads_are_other_incidents() {
    let (fixture, now) = (Fixture::new().await, now());
    let filed = fixture
        .filed(&[
            end(
                "a",
                "checkout",
                Cause::OutOfMemory,
                now - TimeDelta::minutes(9),
            ),
            end("a", "checkout", Cause::Crash, now - TimeDelta::minutes(6)),
            end("b", "web", Cause::OutOfMemory, now - TimeDelta::minutes(3)),
            end("b", "web", Cause::Stopped, now),
        ])
        .await;
    assert_eq!(fixture.listed().await.len(), 3);
    assert_eq!(filed[3], None, "what people do on purpose is no incident");
}

#[tokio::test]
async fn an_engine_that_takes_everything_down_is_one_incident_of_its_source() {
    let (fixture, now) = (Fixture::new().await, now());
    let ends: Vec<_> = ["checkout", "web", "db"]
        .iter()
        .map(|workload| end(&format!("c-{workload}"), workload, Cause::Platform, now))
        .collect();
    fixture.filed(&ends).await;
    let [incident] = &fixture.listed().await[..] else {
        panic!("one incident")
    };
    assert_eq!((incident.workload, incident.workloads), (None, 3));
    let detail = fixture.store.incident_detail(incident.id).await.unwrap();
    let victims = detail.unwrap().victims;
    let names: Vec<_> = victims.iter().map(|victim| victim.name.as_str()).collect();
    assert_eq!(names, ["checkout", "db", "web"]);
    let of_web = IncidentQuery {
        workload: Some(victims[2].workload),
        ..IncidentQuery::default()
    };
    let of_web = fixture.store.incident_rows(&of_web).await.unwrap();
    assert_eq!(of_web.data.len(), 1, "it is also one of each victim");
}

#[tokio::test]
async fn a_restart_that_is_judged_anew_moves() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut ends = crash_loop(3, now);
    fixture.filed(&ends).await;
    let before = fixture.listed().await.remove(0);

    ends[2].verdict.cause = Cause::Killed;
    let moved = fixture.filed(&ends[2..]).await[0].unwrap();
    let listed = fixture.listed().await;
    let of = |id| listed.iter().find(|row| row.id == id).unwrap();
    assert_eq!((of(moved).cause, of(moved).restarts), (Cause::Killed, 1));
    assert_eq!(of(before.id).restarts, 2);
    assert_eq!(of(before.id).last_at, ends[1].ended_at);

    // Back again: the incident that was opened for it is about nothing any more.
    ends[2].verdict.cause = Cause::OutOfMemory;
    fixture.filed(&ends[2..]).await;
    assert_eq!(fixture.listed().await, [before]);
}

#[tokio::test]
async fn an_incident_of_one_restart_keeps_its_address_and_its_notes_when_that_is_judged_anew() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut restart = end("a", "checkout", Cause::Unknown, now);
    let id = fixture.filed(&[restart.clone()]).await[0].unwrap();
    let note = IncidentChange::Note {
        text: "looking at it".into(),
    };
    assert_eq!(fixture.does(id, note, now).await, Changed::Done);

    restart.verdict.cause = Cause::Crash;
    assert_eq!(fixture.filed(&[restart.clone()]).await, [Some(id)]);
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    assert_eq!((detail.row.cause, detail.entries.len()), (Cause::Crash, 1));

    // On purpose after all: with a note it stays, resolved.
    restart.verdict.cause = Cause::Stopped;
    for _ in 0..2 {
        fixture.filed(&[restart.clone()]).await;
        let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
        assert_eq!(detail.row.state, IncidentState::Resolved);
        assert_eq!(detail.entries.len(), 2);
    }
}

#[tokio::test]
async fn one_that_was_on_purpose_after_all_is_no_incident() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut restart = end("a", "checkout", Cause::Killed, now);
    fixture.filed(&[restart.clone()]).await;
    restart.verdict.cause = Cause::Stopped;
    assert_eq!(fixture.filed(&[restart]).await, [None]);
    assert_eq!(fixture.listed().await, []);
}

#[tokio::test]
async fn a_job_that_comes_back_opens_one() {
    let (fixture, now) = (Fixture::new().await, now());
    let restart = Restart {
        started_at: None,
        kind: RestartKind::StayedDown,
        exit_code: Some(0),
        ..end("a", "job", Cause::Completed, now)
    };
    assert_eq!(fixture.filed(std::slice::from_ref(&restart)).await, [None]);
    let back = LedgerChange::CameBack(CameBack {
        container: EngineId::from("a"),
        run_started_at: restart.run_started_at,
        started_at: now + TimeDelta::seconds(1),
        kind: RestartKind::Policy,
        next_image: None,
    });
    let recorded = fixture.store.ledger().record(fixture.source, &[back]).await;
    assert!(
        matches!(
            recorded.unwrap()[..],
            [Recorded::Restart {
                incident: Some(_),
                ..
            }]
        ),
        "it counts now"
    );
}

#[tokio::test]
async fn it_ends_by_itself_when_it_was_quiet_and_that_was_heard() {
    let (fixture, now) = (Fixture::new().await, now());
    let last = now - TimeDelta::hours(2);
    let ends = crash_loop(5, last);
    let id = fixture.filed(&ends).await[0].unwrap();
    let incidents = fixture.store.incidents();
    let quiet = last + TimeDelta::minutes(30);

    // Nobody has looked since.
    fixture.polled(last + TimeDelta::minutes(10)).await;
    assert_eq!(incidents.rest(now).await.unwrap(), []);
    fixture.polled(now).await;
    assert_eq!(incidents.rest(quiet).await.unwrap(), []);
    assert_eq!(incidents.rest(now).await.unwrap(), [id]);
    assert_eq!(incidents.rest(now).await.unwrap(), [], "once");
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    assert_eq!(
        (detail.row.resolved_at, detail.row.resolved_by),
        (Some(quiet), Some(ResolvedBy::Quiet))
    );
    assert_eq!(detail.row.quiet_at, None);

    // One that is told late opens it again, and one after the quiet opens another.
    let late = end(
        "a",
        "checkout",
        Cause::OutOfMemory,
        quiet - TimeDelta::minutes(1),
    );
    assert_eq!(fixture.filed(&[late]).await, [Some(id)]);
    let kinds: Vec<_> = entries(&fixture, id).await;
    assert_eq!(kinds, [EntryKind::Reopened, EntryKind::Resolved]);
    let next = end("a", "checkout", Cause::OutOfMemory, now);
    assert_ne!(fixture.filed(&[next]).await, [Some(id)]);
    assert_eq!(fixture.listed().await.len(), 2);
}

async fn entries(fixture: &Fixture, id: IncidentId) -> Vec<EntryKind> {
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    detail.entries.iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn people_acknowledge_resolve_and_reopen_and_that_is_written_down() {
    let (fixture, now) = (Fixture::new().await, now());
    let id = fixture.filed(&crash_loop(3, now)).await[0].unwrap();
    let later = |minutes| now + TimeDelta::minutes(minutes);
    let resolve = || IncidentChange::Resolve {
        text: "2.14.2 has the fix".into(),
    };
    for (change, minute, outcome) in [
        (IncidentChange::Acknowledge, 1, Changed::Done),
        (
            IncidentChange::Acknowledge,
            2,
            Changed::Refused(Refusal::IsAcknowledged),
        ),
        (
            IncidentChange::Reopen,
            3,
            Changed::Refused(Refusal::IsNotResolved),
        ),
        (resolve(), 4, Changed::Done),
        (resolve(), 5, Changed::Refused(Refusal::IsResolved)),
        (IncidentChange::Reopen, 6, Changed::Done),
        (
            IncidentChange::Owner {
                owner: "payments".into(),
            },
            7,
            Changed::Done,
        ),
    ] {
        let said = format!("{change:?}");
        assert_eq!(
            fixture.does(id, change, later(minute)).await,
            outcome,
            "{said}"
        );
    }
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    assert_eq!(detail.row.state, IncidentState::Open);
    assert_eq!(detail.row.owner.as_deref(), Some("payments"));
    assert_eq!(
        detail.row.quiet_at,
        Some(later(6) + TimeDelta::minutes(30)),
        "it has to be quiet anew"
    );
    let entries: Vec<_> = detail
        .entries
        .iter()
        .map(|entry| (entry.kind, entry.who.as_deref(), entry.text.as_str()))
        .collect();
    assert_eq!(
        entries,
        [
            (EntryKind::Acknowledged, Some("ana"), ""),
            (EntryKind::Resolved, Some("ana"), "2.14.2 has the fix"),
            (EntryKind::Reopened, Some("ana"), ""),
            (EntryKind::Owner, Some("ana"), "payments"),
        ]
    );
    let nobody = fixture
        .does(IncidentId(999), IncidentChange::Acknowledge, now)
        .await;
    assert_eq!(nobody, Changed::NotFound);
}

#[tokio::test]
async fn what_nobody_watches_any_longer_is_closed_and_says_so() {
    let (fixture, now) = (Fixture::new().await, now());
    let last = now - TimeDelta::days(9);
    let id = fixture.filed(&crash_loop(5, last)).await[0].unwrap();
    let incidents = fixture.store.incidents();
    let heard = last + TimeDelta::minutes(1);
    fixture.polled(heard).await;
    let too_early = heard + TimeDelta::days(7);
    assert_eq!(incidents.rest(too_early).await.unwrap(), []);
    assert_eq!(incidents.rest(now).await.unwrap(), [id]);
    assert_eq!(incidents.rest(now).await.unwrap(), [], "once");
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    assert_eq!(
        (detail.row.resolved_at, detail.row.resolved_by),
        (Some(now), Some(ResolvedBy::Unwatched))
    );
    let said = &detail.entries.last().unwrap().text;
    assert!(said.contains("has not been heard for 7 days"), "{said}");
}

#[tokio::test]
async fn what_was_resolved_by_hand_takes_nothing_more() {
    let (fixture, now) = (Fixture::new().await, now());
    let id = fixture.filed(&crash_loop(3, now)).await[0].unwrap();
    let resolve = IncidentChange::Resolve {
        text: String::new(),
    };
    fixture.does(id, resolve, now + TimeDelta::minutes(1)).await;
    let next = end(
        "a",
        "checkout",
        Cause::OutOfMemory,
        now + TimeDelta::minutes(5),
    );
    let next = fixture.filed(&[next]).await[0].unwrap();
    assert_ne!(next, id);
    let detail = fixture.store.incident_detail(next).await.unwrap().unwrap();
    assert_eq!(detail.similar.len(), 1);
    assert_eq!(detail.similar[0].incident.id, id);
}

#[tokio::test]
async fn restarts_from_before_there_were_incidents_are_filed_once() {
    let (fixture, now) = (Fixture::new().await, now());
    let mut ends = crash_loop(30, now);
    ends.extend(crash_loop(4, now - TimeDelta::days(3)));
    fixture.filed(&ends).await;
    let filed = fixture.listed().await;
    // As an older version left it.
    let sql = fixture.sql().await;
    sqlx::query("DELETE FROM incident")
        .execute(&sql)
        .await
        .unwrap();
    let incidents = fixture.store.incidents();
    let recent = Some(now - TimeDelta::days(1));
    assert_eq!(incidents.file_old(recent).await.unwrap(), 30);
    assert_eq!(incidents.file_old(None).await.unwrap(), 4);
    assert_eq!(incidents.file_old(None).await.unwrap(), 0);
    let without_id = |rows: Vec<IncidentRow>| -> Vec<IncidentRow> {
        let anonymous = |row| IncidentRow {
            id: IncidentId(0),
            ..row
        };
        rows.into_iter().map(anonymous).collect()
    };
    assert_eq!(without_id(fixture.listed().await), without_id(filed));
}

#[tokio::test]
async fn pages_have_every_incident_once_and_open_ones_first() {
    let (fixture, now) = (Fixture::new().await, now());
    let ends: Vec<_> = (0..7)
        .map(|number| {
            let at = now - TimeDelta::minutes(number);
            end("a", &format!("w{number}"), Cause::Crash, at)
        })
        .map(|restart| Restart {
            container: EngineId(restart.workload.name.clone()),
            ..restart
        })
        .collect();
    let filed = fixture.filed(&ends).await;
    let (first, third) = (filed[0].unwrap(), filed[2].unwrap());
    let resolve = IncidentChange::Resolve {
        text: String::new(),
    };
    fixture.does(first, resolve, now).await;
    fixture.does(third, IncidentChange::Acknowledge, now).await;
    let mut query = IncidentQuery {
        limit: Some(3),
        ..IncidentQuery::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = fixture.store.incident_rows(&query).await.unwrap();
        seen.extend(page.data.into_iter().map(|row| row.id));
        query.cursor = page.meta.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let order = [1, 3, 4, 5, 6, 2, 0].map(|place| filed[place].unwrap());
    assert_eq!(seen, order);

    let going_on = IncidentQuery {
        states: vec![IncidentState::Open, IncidentState::Acknowledged],
        ..IncidentQuery::default()
    };
    let going_on = fixture.store.incident_rows(&going_on).await.unwrap();
    assert_eq!(going_on.data.len(), 6);
}

#[tokio::test]
async fn incidents_outlive_their_restarts_and_have_a_retention_of_their_own() {
    let (fixture, now) = (Fixture::new().await, now());
    let id = fixture
        .filed(&crash_loop(4, now - TimeDelta::days(100)))
        .await[0]
        .unwrap();
    let month = Keep {
        restarts: Some(TimeDelta::days(30)),
        ..Keep::default()
    };
    fixture.store.retain(&month, now).await.unwrap();
    assert_eq!(fixture.count("restart").await, 0);
    let detail = fixture.store.incident_detail(id).await.unwrap().unwrap();
    assert_eq!((detail.row.restarts, detail.row.confidence), (4, None));

    let month = Keep {
        incidents: Some(TimeDelta::days(30)),
        ..Keep::default()
    };
    let retained = fixture.store.retain(&month, now).await.unwrap();
    assert_eq!(retained.incidents, 0, "it is not over");
    fixture.polled(now).await;
    fixture.store.incidents().rest(now).await.unwrap();
    let retained = fixture.store.retain(&month, now).await.unwrap();
    assert_eq!(retained.incidents, 1);
}

#[tokio::test]
async fn charts_are_frozen_when_it_is_over_and_thaw_when_it_is_not() {
    let (fixture, now) = (Fixture::new().await, now());
    let id = fixture.filed(&crash_loop(4, now)).await[0].unwrap();
    let later = now + TimeDelta::hours(1);
    assert_eq!(fixture.store.freeze_incidents(later).await.unwrap(), 0);
    let resolve = IncidentChange::Resolve {
        text: String::new(),
    };
    fixture.does(id, resolve, now).await;
    assert_eq!(fixture.store.freeze_incidents(later).await.unwrap(), 1);
    assert_eq!(fixture.store.freeze_incidents(later).await.unwrap(), 0);

    let row = fixture.store.incident_row(id).await.unwrap().unwrap();
    let frozen = fixture.store.incident_charts(&row, later).await.unwrap();
    let restarts = |charts: &IncidentCharts| {
        let facts = charts.timeline.iter();
        facts
            .filter(|fact| fact.kind == TimelineKind::Restart)
            .count()
    };
    assert_eq!(restarts(&frozen), 4);
    let sql = fixture.sql().await;
    sqlx::query("DELETE FROM restart")
        .execute(&sql)
        .await
        .unwrap();
    let still = fixture.store.incident_charts(&row, later).await.unwrap();
    assert_eq!(still, frozen, "they outlive what they were drawn from");

    fixture.does(id, IncidentChange::Reopen, later).await;
    let thawed = fixture.store.incident_charts(&row, later).await.unwrap();
    assert_eq!(restarts(&thawed), 0);
}

#[tokio::test]
async fn charts_of_a_whole_source_show_its_workloads_together() {
    let (fixture, now) = (Fixture::new().await, now());
    let begin = now - TimeDelta::minutes(30);
    let mut containers = Vec::new();
    for workload in ["checkout", "web"] {
        let id = format!("c-{workload}");
        containers.push(fixture.container(&id, workload, begin).await.1);
    }
    let of = |container, at, mib: u64| {
        let sample = Sample {
            working_set_bytes: Some(mib << 20),
            ..Sample::empty(at)
        };
        (container, sample)
    };
    let ticks: Vec<Tick> = (0..180)
        .map(|index| {
            let at = begin + TimeDelta::seconds(10 * index);
            // The second one is down in the last five minutes.
            let mut samples = vec![of(containers[0], at, 100)];
            samples.extend((index < 150).then(|| of(containers[1], at, 40)));
            Tick { at, samples }
        })
        .collect();
    let samples = fixture.store.samples();
    samples.append_ticks(fixture.source, &ticks).await.unwrap();
    let ended = now - TimeDelta::minutes(5);
    let ends: Vec<_> = ["checkout", "web"]
        .iter()
        .map(|workload| end(&format!("c-{workload}"), workload, Cause::Platform, ended))
        .collect();
    fixture.filed(&ends).await;
    let row = fixture.listed().await.remove(0);
    assert_eq!(row.workload, None);

    let charts = fixture.store.incident_charts(&row, now).await.unwrap();
    assert_eq!(charts.workloads, 2);
    let memory = charts.series.get(Metric::MemoryWorkingSetBytes).unwrap();
    let mib: BTreeSet<u64> = memory
        .last
        .iter()
        .flatten()
        .map(|bytes| *bytes as u64 >> 20)
        .collect();
    assert_eq!(mib, [100, 140].into(), "both, then one");
    let told: Vec<&str> = charts
        .timeline
        .iter()
        .filter(|fact| fact.kind == TimelineKind::Restart)
        .map(|fact| fact.text.as_str())
        .collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("checkout: ") && told[1].starts_with("web: "),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_timeline_tells_what_became_of_it() {
    let (fixture, now) = (Fixture::new().await, now());
    let at = now - TimeDelta::minutes(30);
    let id = fixture.filed(&crash_loop(1, at)).await[0].unwrap();
    for (minute, change) in [
        IncidentChange::Acknowledge,
        IncidentChange::Owner {
            owner: String::new(),
        },
        IncidentChange::Note {
            text: "seen".into(),
        },
    ]
    .into_iter()
    .enumerate()
    {
        fixture
            .does(id, change, at + TimeDelta::minutes(minute as i64 + 1))
            .await;
    }
    let row = fixture.store.incident_row(id).await.unwrap().unwrap();
    for workload in [row.workload, None] {
        let query = TimelineQuery {
            workload,
            range: TimeRange {
                from: at - TimeDelta::hours(1),
                to: now,
            },
            limit: None,
            cursor: None,
        };
        let told = fixture.store.timeline(&query).await.unwrap().data;
        let told: Vec<_> = told
            .iter()
            .filter(|fact| matches!(fact.kind, TimelineKind::Incident | TimelineKind::Note))
            .map(|fact| fact.text.clone())
            .collect();
        assert_eq!(
            told,
            [
                format!("Incident I-{id} opened"),
                format!("Incident I-{id} acknowledged by ana"),
                format!("Incident I-{id} given to nobody"),
                "ana: seen".to_owned(),
            ]
        );
    }
    let detail = fixture
        .store
        .workload_detail(row.workload.unwrap(), now)
        .await;
    assert_eq!(detail.unwrap().unwrap().incident, Some(id));
}

/// A whole machine that goes down is filed in one transaction.
#[tokio::test]
async fn many_at_once_are_counted_once_each() {
    let (fixture, now) = (Fixture::new().await, now());
    let ends: Vec<_> = (0..300)
        .map(|number| {
            let (container, workload) = (format!("c{number}"), format!("w{number}"));
            let at = now + TimeDelta::milliseconds(number);
            end(&container, &workload, Cause::NodeOutOfMemory, at)
        })
        .collect();
    for _ in 0..2 {
        fixture.filed(&ends).await;
        let [incident] = &fixture.listed().await[..] else {
            panic!("one incident")
        };
        assert_eq!((incident.restarts, incident.workloads), (300, 300));
        assert_eq!(
            (incident.began_at, incident.last_at),
            (now, now + TimeDelta::milliseconds(299))
        );
    }
}

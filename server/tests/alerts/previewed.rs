//! Previews over what is stored: what they count is what happened, and what they cannot count they do not call nothing.

use domain::{alert::preview::Episode, ids::EngineId, ledger::LedgerChange, verdict::Cause};
use server::alerting::preview;

use crate::scene::{Scene, rule};

/// What a rule of this kind would have said.
async fn episodes(scene: &Scene, when: &str) -> Vec<Episode> {
    let rule = rule(&[("name", "a"), ("when", when)]);
    let found = preview(&scene.fixture.store, &rule, scene.begin)
        .await
        .unwrap();
    assert!(found.is_computed, "{when}");
    let episodes: Vec<Episode> = found
        .workloads
        .into_iter()
        .flat_map(|one| one.episodes)
        .collect();
    assert_eq!(found.fired as usize, episodes.len(), "{when}");
    episodes
}

#[tokio::test]
async fn what_happens_in_a_moment_is_counted() {
    let scene = Scene::with(&[]).await;
    let hours = |hours: i64| scene.at(-3_600 * hours);
    for when in ["child_out_of_memory", "new_panic", "incident_opened"] {
        assert_eq!(episodes(&scene, when).await, [], "{when}");
    }
    scene.happen(Cause::Crash, hours(50)).await;
    scene.happen(Cause::Crash, hours(49)).await;
    let child = LedgerChange::ChildOutOfMemory {
        container: EngineId::from("c1"),
        at: hours(20),
    };
    let (store, source) = (&scene.fixture.store, scene.fixture.source);
    store.ledger().record(source, &[child]).await.unwrap();
    // The same fault twice: the second is not new.
    sqlx::query(
        "INSERT INTO panic (restart_id, workload_id, ended_at, image, fingerprint, language, kind, message, detail)
         SELECT id, workload_id, ended_at, image, 'go:v1:a', 'go', 'panic', 'boom', '{}' FROM restart",
    )
    .execute(&scene.fixture.sql().await)
    .await
    .unwrap();
    for (when, at) in [
        ("child_out_of_memory", hours(20)),
        ("new_panic", hours(50)),
        ("incident_opened", hours(50)),
    ] {
        let found = episodes(&scene, when).await;
        assert_eq!(found.len(), 1, "{when}: {found:?}");
        assert_eq!(found[0].fired_at, at, "{when}");
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_said_to_be_so() {
    let scene = Scene::with(&[]).await;
    for given in [
        &[("when", "memory_growth"), ("above", "1 MiB")][..],
        &[("when", "time_to_limit"), ("below", "30m")],
        &[("when", "fix_failed")],
        &[("when", "source_unreachable")],
    ] {
        let given = [&[("name", "a")], given].concat();
        let found = preview(&scene.fixture.store, &rule(&given), scene.begin).await;
        let found = found.unwrap();
        assert!(!found.is_computed && found.note.is_some(), "{found:?}");
    }
}

//! What the Docker source says about real deaths.

use std::{sync::Arc, time::Duration};

use domain::{fact::Action, ids::SourceId};
use server::collect::{
    Body,
    outbox::{self, Inbox},
    scheduler::Scheduler,
    sources::docker::{DockerSource, Settings},
};

use super::engine::{Engine, Run, pause};

/// Everything about a container until its events end with some action.
async fn actions_until(inbox: &mut Inbox, id: &str, last: Action) -> Vec<Action> {
    let mut actions = Vec::new();
    let hear = async {
        while actions.last() != Some(&last) {
            let message = inbox.recv().await.expect("the source runs");
            if let Body::Event(event) = message.body
                && event.container.0 == id
            {
                actions.push(event.action);
            }
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), hear)
        .await
        .is_ok();
    assert!(in_time, "waited in vain for {last:?} after {actions:?}");
    actions
}

#[tokio::test]
#[ignore = "needs a container engine"]
async fn events_of_real_deaths() {
    let Some(engine) = Engine::reach().await else {
        return;
    };
    engine.make_images().await;
    let (outbox, mut inbox) = outbox::channel(outbox::POLL_BYTES);
    let endpoint = engine.endpoint.parse().expect("an endpoint");
    let settings = Settings::every(Duration::from_secs(1));
    let source = DockerSource::new(SourceId(1), "real".to_owned(), endpoint, settings);
    let scheduler = Scheduler::start(vec![(Arc::new(source), None)], &outbox);
    pause(1_500).await;

    let leaker = Run {
        name: "inquest-test-leaker",
        command: &["leak", "80"],
        always: true,
        limit_mib: Some(64),
        ..Run::default()
    };
    let id = engine.run(leaker).await;
    let mut actions = actions_until(&mut inbox, &id, Action::died(137)).await;
    actions.extend(actions_until(&mut inbox, &id, Action::Start).await);
    // In 2 of 59 deaths on this engine, `oom` came after `die`.
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == Action::Oom)
            .count(),
        1,
        "{actions:?}"
    );
    engine.remove(&id).await;

    let sleeper = Run {
        name: "inquest-test-sleeper",
        command: &["sleep"],
        always: true,
        ..Run::default()
    };
    let id = engine.run(sleeper).await;
    engine.restart(&id).await;
    let actions = actions_until(&mut inbox, &id, Action::Restart).await;
    let kill = |signal| Action::Kill { signal };
    assert_eq!(
        actions[2..],
        [
            kill(15),
            kill(9),
            Action::died(137),
            Action::Stop,
            Action::Start,
            Action::Restart
        ]
    );
    engine.stop(&id).await;
    let actions = actions_until(&mut inbox, &id, Action::Stop).await;
    assert_eq!(
        actions,
        [kill(15), kill(9), Action::died(137), Action::Stop]
    );
    scheduler.stop().await;
    engine.clean().await;
}

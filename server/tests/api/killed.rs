//! Killed while it watches: what it once showed it still knows, and every end is in the ledger once.

use std::{collections::BTreeSet, time::Duration};

use rustix::process::Signal;
use simulator::{Happening, RunningSimulator};
use tokio::time::sleep;

use crate::{
    support::{Server, folder},
    watching::{Readings, configuration, keeps, ledger, now, readings, simulate, until, watch},
};

const ROUNDS: u64 = 4;
const STEADY: &str = "steady";

fn seen(round: u64) -> String {
    format!("seen-{round}")
}

fn unseen(round: u64) -> String {
    format!("unseen-{round}")
}

/// An engine with one container that lives on, and for each round one that dies under our eyes and one that dies unseen: a container
/// that dies again and again would spend the test in its back-off.
async fn engine() -> RunningSimulator {
    let names = (0..ROUNDS).flat_map(|round| [seen(round), unseen(round)]);
    let names: Vec<String> = names.chain([STEADY.to_owned()]).collect();
    simulate(&names, 0.5).await
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_it_watches_loses_nothing_that_was_shown() {
    let engine = engine().await;
    let data_dir = folder();
    let config = configuration(&engine, 1);
    let start = || Server::from(&mut watch(data_dir.path(), config.path()));
    let began = now();
    let (mut entries, mut shown) = (Vec::new(), Readings::new());
    for round in 0..ROUNDS {
        let mut server = start();
        let in_ledger = ledger(&server).await;
        for entry in &entries {
            assert!(in_ledger.contains(entry), "{entry:?} was shown");
        }
        let known = readings(&server, STEADY, began).await;
        assert!(keeps(&known, &shown), "{shown:?} were shown, now {known:?}");

        sleep(Duration::from_secs(3)).await;
        assert!(engine.provoke(&seen(round), &Happening::Sigkill));
        // Sometimes before the end has settled, sometimes after it was written.
        sleep(Duration::from_millis(900 + 700 * round)).await;
        shown = readings(&server, STEADY, began).await;
        entries = ledger(&server).await;
        server.signal(Signal::KILL);
        server.wait();
        // One more end while nobody watches.
        sleep(Duration::from_millis(500)).await;
        assert!(engine.provoke(&unseen(round), &Happening::Sigkill));
    }

    let server = start();
    until("every end is in the ledger", async || {
        ledger(&server).await.len() >= engine.truth().deaths.len()
    })
    .await;
    let in_ledger = ledger(&server).await;
    let ended: BTreeSet<_> = in_ledger.iter().map(|(_, container)| container).collect();
    let deaths = engine.truth().deaths;
    assert_eq!(deaths.len() as u64, 2 * ROUNDS, "{deaths:?}");
    assert_eq!(
        in_ledger.len(),
        deaths.len(),
        "{in_ledger:?} for {deaths:?}"
    );
    assert_eq!(ended.len(), deaths.len(), "none twice: {in_ledger:?}");
    assert!(shown.len() >= 4, "it did poll: {shown:?}");
    drop(server);
    engine.shutdown().await;
}

//! `bench fill`: gives every container in a data folder a past, as if it had been watched then: readings, and the ends of those that the
//! simulator kills. `cargo xtask poll --past` uses it: what the server keeps in memory is full from the start.

mod past;

use std::{collections::HashMap, path::Path};

use anyhow::Context as _;
use chrono::{TimeDelta, Utc};
use domain::{ids::EngineId, ledger::LedgerChange};
use server::{
    data_dir::DataDir,
    postgres::PrivatePostgres,
    store::{Store, Tick},
};

use self::past::Member;
use crate::{
    fleet::{HOUR_MS, INTERVAL_MS},
    progress::Progress,
    systems::inquest::{Database, at},
};

/// Seconds that are written in one transaction: two minutes of ten thousand containers are 60 MB on their way.
const AT_ONCE: usize = 120;
/// Ends that are written in one transaction.
const DEATHS: usize = 500;
/// What a server keeps in memory; what is sealed, it does not read back after a start.
const IN_MEMORY: TimeDelta = TimeDelta::hours(2);

/// Fills the folder of a server that is stopped.
pub(crate) async fn run(folder: &Path, minutes: i64) -> anyhow::Result<()> {
    let data_dir = DataDir::open(folder)?;
    let postgres = PrivatePostgres::start(&data_dir).await?;
    let database = Database::connect(postgres.url()).await?;
    let source = database.source().await?;
    database.close().await;
    let store = Store::open(postgres.url()).await?;
    let known = store.containers().known(source).await?;
    let keys: HashMap<EngineId, _> = known
        .into_iter()
        .map(|known| (known.id, known.keys.container))
        .collect();
    let open = store.ledger().open_runs(source).await?;
    let members: Vec<Member> = open
        .into_iter()
        .filter_map(|run| Some(Member::new(*keys.get(&run.spec.id)?, run)))
        .collect();
    members.first().context("no container runs")?;

    let end_ms = Utc::now().timestamp_millis() / INTERVAL_MS * INTERVAL_MS;
    let begin_ms = end_ms - minutes * HOUR_MS / 60;
    let deaths: Vec<LedgerChange> = members
        .iter()
        .flat_map(|member| member.deaths(begin_ms))
        .map(|death| LedgerChange::Ended(Box::new(death)))
        .collect();
    for some in deaths.chunks(DEATHS) {
        store.ledger().record(source, some).await?;
    }
    let seconds: Vec<i64> = (begin_ms..end_ms).step_by(1_000).collect();
    let mut progress = Progress::of("A past", seconds.len() as u64);
    for some in seconds.chunks(AT_ONCE) {
        let ticks: Vec<Tick> = some
            .iter()
            .map(|second_ms| Tick {
                at: at(*second_ms),
                samples: members
                    .iter()
                    .filter_map(|member| Some((member.container, member.reading(*second_ms)?)))
                    .collect(),
            })
            .collect();
        store.samples().append_ticks(source, &ticks).await?;
        progress.add(some.len() as u64);
    }
    // The newest window waits as one does that ended while the server was down: so the server begins with all that it keeps in memory.
    store.samples().seal(Utc::now() - IN_MEMORY).await?;
    progress.end();
    store.close().await;
    postgres.stop().await;
    Ok(())
}

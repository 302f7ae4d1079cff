//! `bench fill`: gives every container in a data folder polls of the last hours, as if it had been watched then. `cargo xtask poll --past`
//! uses it: what the server keeps in memory is full from the start.

use std::path::Path;

use chrono::Utc;
use server::{data_dir::DataDir, postgres::PrivatePostgres, store::Store};

use crate::{
    fleet::{Fleet, HOUR_MS, INTERVAL_MS, Shape},
    progress::Progress,
    systems::inquest::{Database, ticks},
};

/// Polls that are written in one transaction: five minutes of ten thousand containers are 60 MB on their way.
const AT_ONCE: i64 = 30;

/// Fills the folder of a server that is stopped.
pub(crate) async fn run(folder: &Path, minutes: i64) -> anyhow::Result<()> {
    let data_dir = DataDir::open(folder)?;
    let postgres = PrivatePostgres::start(&data_dir).await?;
    let database = Database::connect(postgres.url()).await?;
    let (source, containers) = database.containers().await?;
    database.close().await;
    let end_ms = Utc::now().timestamp_millis() / INTERVAL_MS * INTERVAL_MS;
    let shape = Shape::until(end_ms, containers.len(), minutes * HOUR_MS / 60);
    let store = Store::open(postgres.url()).await?;
    let mut progress = Progress::new("A past", shape);
    let mut fleet = Fleet::new(shape);
    while let Some(window) = fleet.next(AT_ONCE) {
        let ticks = ticks(&window, |container| containers[container]);
        store.samples().append_ticks(source, &ticks).await?;
        progress.add(window.count());
    }
    store.samples().seal(Utc::now()).await?;
    progress.end();
    store.close().await;
    postgres.stop().await;
    Ok(())
}

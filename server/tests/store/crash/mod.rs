//! Inquest and Postgres die by SIGKILL at random moments while samples are written, sealed, merged and removed: whatever was
//! acknowledged is there afterwards, once, with its value.
//!
//! A driver process writes as fast as it can by a clock of its own, on a durable Postgres, and notes each acknowledgement in a file. Its
//! parent kills it, or processes of Postgres, or all of them; starts what is gone again; and compares what the store tells with what
//! was noted. `make crash` does so three hundred times. `CRASH_SEED` repeats the choices of a run that failed.

mod check;
mod dice;
mod driver;
mod fleet;
mod journal;
mod victim;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use server::{
    data_dir::DataDir,
    postgres::PrivatePostgres,
    store::{Store, StoreError},
};
use tokio::time::sleep;

use self::{
    check::{Model, Tally},
    dice::Dice,
    driver::Order,
    fleet::Fleet,
    journal::{Entry, Reader, Upkeep},
    victim::Victim,
};

const TEST: &str = "crash::what_was_acknowledged_survives_kill_9";
/// Tells the driver what to do; who has none is the parent.
const ORDER: &str = "CRASH_ORDER";
/// Kills in an ordinary run of the tests.
const KILLS: u64 = 10;
/// Days of samples that retention keeps.
const KEEP_DAYS: u32 = 3;
/// The longest time between a sign of life and the next kill.
const LULL: Duration = Duration::from_millis(700);
/// Nothing takes so long, however slow the machine: then it hangs.
const HANGS: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    if let Ok(order) = env::var(ORDER) {
        return driver::drive(&serde_json::from_str(&order).unwrap()).await;
    }
    let setting = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let kills = setting("CRASH_KILLS").unwrap_or(KILLS);
    let seed = setting("CRASH_SEED")
        .unwrap_or_else(|| dice::mix(chrono::Utc::now().timestamp_micros() as u64));
    println!("CRASH_SEED={seed}");
    let mut harness = Harness::new(seed).await;
    while harness.kills.values().sum::<u64>() < kills {
        harness.life().await;
        let tally = &harness.tally;
        assert!(tally.is_clean(), "CRASH_SEED={seed}: {tally:#?}");
    }
    println!("{:?}, of which {:?}", harness.kills, harness.during);
    println!("{} samples acknowledged", harness.model.acknowledged);
    assert!(harness.model.acknowledged > 0);
    if let Ok(path) = env::var("CRASH_RESULTS") {
        harness.report(Path::new(&path));
    }
    harness.postgres.stop().await;
}

struct Harness {
    dir: tempfile::TempDir,
    postgres: PrivatePostgres,
    seed: u64,
    dice: Dice,
    fleet: Fleet,
    model: Model,
    tally: Tally,
    lives: u64,
    /// Kills by who was killed.
    kills: BTreeMap<Victim, u64>,
    /// Kills by what was going on beside the writing.
    during: BTreeMap<Upkeep, u64>,
}

impl Harness {
    async fn new(seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(dir.path()).unwrap();
        let postgres = PrivatePostgres::start(&data_dir).await.unwrap();
        let store = Store::open_at(postgres.url(), fleet::time(fleet::FIRST))
            .await
            .unwrap();
        let fleet = Fleet::enroll(&store, seed).await.unwrap();
        store.close().await;
        Self {
            dir,
            postgres,
            seed,
            dice: Dice::new(seed),
            fleet,
            model: Model::new(),
            tally: Tally::default(),
            lives: 0,
            kills: BTreeMap::new(),
            during: BTreeMap::new(),
        }
    }

    /// Starts a driver, kills Postgres under it a few times, kills it, and looks what is left.
    async fn life(&mut self) {
        self.lives += 1;
        let path = self.dir.path().join(format!("journal-{}", self.lives));
        let mut life = Life::begin(&Order {
            url: self.postgres.url().to_owned(),
            journal: path.clone(),
            seed: self.seed,
            tick: self.model.newest + 1,
        });
        for _ in 0..self.dice.throw(3) {
            self.lull(&mut life).await;
            let victim = Victim::of_postgres(&mut self.dice);
            if victim.kill_postgres(self.dir.path(), &mut self.dice) {
                self.hear(&mut life);
                self.count(victim, &life);
            }
        }
        self.lull(&mut life).await;
        let victim = Victim::with_server(&mut self.dice);
        victim.kill_postgres(self.dir.path(), &mut self.dice);
        life.process.kill().unwrap();
        life.process.wait().unwrap();
        self.hear(&mut life);
        self.count(victim, &life);
        fs::remove_file(path).unwrap();
        self.look().await;
    }

    /// Waits for something to be written, and then for a while.
    async fn lull(&mut self, life: &mut Life) {
        let since = Instant::now();
        self.hear(life);
        while !self.hear(life) {
            let ended = life.process.try_wait().unwrap();
            assert_eq!(ended, None, "CRASH_SEED={}: it ended", self.seed);
            assert!(
                since.elapsed() < HANGS,
                "CRASH_SEED={}: it hangs",
                self.seed
            );
            sleep(Duration::from_millis(5)).await;
        }
        sleep(self.dice.up_to(LULL)).await;
    }

    /// Hears what the driver says. Whether anything was acknowledged.
    fn hear(&mut self, life: &mut Life) -> bool {
        let before = self.model.acknowledged;
        for entry in life.journal.news() {
            match &entry {
                Entry::Begin(upkeep) => _ = life.going_on.insert(*upkeep),
                Entry::End(upkeep) => _ = life.going_on.remove(upkeep),
                Entry::Failed(problem) => panic!("CRASH_SEED={}: {problem}", self.seed),
                _ => {}
            }
            self.model.hear(&self.fleet, &entry);
        }
        self.model.acknowledged > before
    }

    fn count(&mut self, victim: Victim, life: &Life) {
        *self.kills.entry(victim).or_default() += 1;
        for upkeep in &life.going_on {
            *self.during.entry(*upkeep).or_default() += 1;
        }
    }

    /// Compares, as soon as Postgres is back.
    async fn look(&mut self) {
        let since = Instant::now();
        loop {
            let mut tally = Tally::default();
            match self.try_look(&mut tally).await {
                Ok(()) => {
                    self.tally = tally;
                    return;
                }
                Err(error) if error.is_unavailable() && since.elapsed() < HANGS => {
                    sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("CRASH_SEED={}: {error:?}", self.seed),
            }
        }
    }

    async fn try_look(&mut self, tally: &mut Tally) -> Result<(), StoreError> {
        let now = fleet::time(self.model.newest);
        let store = Store::open_at(self.postgres.url(), now).await?;
        let url = self.postgres.url();
        let looked = self.model.check(&self.fleet, &store, url, tally).await;
        store.close().await;
        looked
    }

    /// Appends the figures to the results of the benchmarks.
    fn report(&self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let options = fs::OpenOptions::new().create(true).append(true).open(path);
        let mut file = options.unwrap();
        let figures = [
            ("crash.kills", self.kills.values().sum()),
            ("crash.lost_samples", self.tally.lost),
            ("crash.duplicated_samples", self.tally.duplicated),
            ("crash.wrong_values", self.tally.wrong),
        ];
        for (name, value) in figures {
            let figure = serde_json::json!({
                "name": name, "value": value, "unit": "count", "peer": null, "ratio": null,
            });
            writeln!(file, "{figure}").unwrap();
        }
    }
}

/// A driver while it lives.
struct Life {
    process: Child,
    journal: Reader,
    going_on: BTreeSet<Upkeep>,
}

impl Life {
    fn begin(order: &Order) -> Self {
        let journal = Reader::create(order.journal.clone()).unwrap();
        let process = Command::new(env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture"])
            .env(ORDER, serde_json::to_string(order).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            process,
            journal,
            going_on: BTreeSet::new(),
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped_already = self.process.wait();
    }
}

//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use domain::{ids::WorkloadId, metric::Metric};

use crate::{config::Flags, export::Format};

/// Why did it die, will it die again, and did the fix work?
///
/// Inquest watches container engines, keeps every restart with its evidence, and shows restarts, memory and goroutines or tasks
/// on one time axis in the browser.
#[derive(Debug, Parser)]
#[command(
    name = "inquest",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        inquest demo                            a simulated fleet with 30 days of history\n  \
        inquest serve                           watch the engine of this machine on http://127.0.0.1:3000\n  \
        inquest serve --config inquest.toml     watch what the file names\n  \
        inquest rules test my-rules.test.toml   try alert rules on made-up courses of things\n  \
        INQUEST_LISTEN=0.0.0.0:8080 inquest serve\n\n\
        Settings: flags, then environment (INQUEST_*, `__` between levels; DATABASE_URL), then the file, then defaults."
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What needs a configuration
    #[command(flatten)]
    Configured(Configured),
    /// Work on alert rules
    #[command(subcommand)]
    Rules(Rules),
}

/// What can be done with a configuration.
#[derive(Debug, Subcommand)]
pub enum Configured {
    /// Watch engines and serve what was found
    #[command(
        after_help = "Without a configured source, the Docker or Podman engine of this machine is watched.\n\
        Without DATABASE_URL, a private Postgres runs in the data folder."
    )]
    Serve(Common),
    /// Show a simulated fleet with 30 days of history
    #[command(
        after_help = "Nothing of this machine is watched, and DATABASE_URL is not used.\n\
        The data go away with the demo unless --data-dir names an empty folder for them."
    )]
    Demo(Common),
    /// Bring the database's schema up to date and end
    ///
    /// `serve` does the same at its start; this is for those who run several servers or restrict what they may do.
    Migrate(Common),
    /// Check the configuration and print what is in force, without secrets
    CheckConfig(Common),
    /// Print the restart ledger, newest first, or samples at full resolution
    #[command(after_help = "Examples:\n  \
        inquest export > restarts.jsonl\n  \
        inquest export --format csv --from 2026-11-01T00:00:00Z > november.csv\n  \
        inquest export samples --format openmetrics --from 2026-11-01T00:00:00Z --output november.om\n\n\
        With the private Postgres, stop the server first: only one process can use a data folder. \
        While it runs, ask GET /api/v1/restarts and GET /api/v1/export.")]
    Export(Export),
}

/// What can be done with alert rules.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Try rules on made-up courses of things, and compare what they say with what they should
    ///
    /// Nothing is started and no configuration is read. Ends with 1 when something else is said, with 2 when a file cannot be used.
    #[command(after_help = RULES_TEST)]
    Test {
        /// Files with tests (TOML)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

const RULES_TEST: &str = r#"A file of tests:

  rule_files = ["inquest.toml"]      # or [[rule]] here; without any, the rules that are there from the start

  [[test]]
  name = "a leak is told before it dies"
  workload = "shop/checkout"         # also: source, image
  memory_ratio = ["41% to 100% over 1h", "none for 10s", "40% for 20m"]
  restarts = ["1h out_of_memory"]    # also: happens = ["5m new_panic"], unseen = ["10m to 15m"], until = "2h"

  [test.says]                        # a rule that is not here should say nothing
  "Checkout close to its limit" = ["44m40s fired", "1h5m resolved"]

Courses have the names of `when`: memory_ratio, memory_working_set_bytes, tasks, memory_growth, task_growth, time_to_limit,
source_unreachable and coverage_lost. Their stretches follow each other: `50% for 10m`, `50% to 95% over 30m`, `none for 5m` (there is no
such number), `unseen for 2m` (nobody saw); `yes for 2m` and `no for 10m` for sources. Rules are looked at every ten seconds."#;

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "INQUEST_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where browsers and API clients connect [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where the private Postgres lives [default: ~/.local/share/inquest, for root /var/lib/inquest]
    #[arg(long, value_name = "FOLDER")]
    pub data_dir: Option<String>,
}

impl Common {
    /// The same for the configuration.
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            listen: self.listen.clone(),
            data_dir: self.data_dir.clone(),
        }
    }
}

/// What `export` understands.
#[derive(Clone, Debug, Args)]
pub struct Export {
    /// Everything else
    #[command(flatten)]
    pub common: Common,
    /// What to print
    #[arg(value_enum, default_value_t = What::Restarts)]
    pub what: What,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// Only restarts that ended, or samples that were taken, at or after this time (RFC 3339) [samples: 24 hours before --to]
    #[arg(long, value_name = "TIME")]
    pub from: Option<DateTime<Utc>>,
    /// Only those before this time (RFC 3339) [samples: now]
    #[arg(long, value_name = "TIME")]
    pub to: Option<DateTime<Utc>>,
    /// Samples of these workloads only, by id
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub workload: Vec<WorkloadId>,
    /// These series only, named as in the API
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub metrics: Vec<Metric>,
    /// The file to write, which appears when it is complete [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The restart ledger
    Restarts,
    /// Memory and task counts at full resolution
    Samples,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}

//! The `inquest` program: reads the command line and does what it says.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;
use server::{
    cli::{Cli, Command, Common, Configured, Rules},
    config::{Config, Environment, Loaded},
    export, logging, rule_tests, startup,
};

/// A configuration that cannot be used, as clap has it for command lines.
const WRONG_CONFIG: u8 = 2;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Configured(command) => configured(&command),
        Command::Rules(Rules::Test { files }) => test_rules(&files),
    }
}

fn configured(command: &Configured) -> ExitCode {
    let environment = Environment::of_process();
    let loaded = match Config::load(&common(command).flags(), &environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            complain(&problems.to_string());
            return ExitCode::from(WRONG_CONFIG);
        }
    };
    match run(command, loaded, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn test_rules(files: &[PathBuf]) -> ExitCode {
    match rule_tests::run(files, &mut std::io::stdout()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(WRONG_CONFIG)
        }
    }
}

fn common(command: &Configured) -> &Common {
    match command {
        Configured::Serve(common)
        | Configured::Demo(common)
        | Configured::Migrate(common)
        | Configured::CheckConfig(common) => common,
        Configured::Export(export) => &export.common,
    }
}

fn run(command: &Configured, loaded: Loaded, environment: &Environment) -> anyhow::Result<()> {
    let Loaded { config, report } = loaded;
    if let Configured::CheckConfig(_) = command {
        write!(std::io::stdout(), "{report}")?;
        return Ok(());
    }
    logging::start(&config)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            match command {
                Configured::Serve(_) => startup::serve(&config, environment).await,
                Configured::Demo(_) => startup::demo(&config, environment).await,
                Configured::Migrate(_) => startup::migrate(&config).await,
                Configured::CheckConfig(_) => Ok(()),
                Configured::Export(wanted) => export::run(&config, wanted).await,
            }
        })
}

fn complain(message: &str) {
    // When not even this can be written, the exit code has to do.
    let _unwritable = writeln!(std::io::stderr(), "inquest: {message}");
}

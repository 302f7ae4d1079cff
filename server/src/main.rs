//! The `inquest` program: reads the command line and does what it says.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use server::{
    cli::{Cli, Command, Common},
    config::{Config, Environment, Loaded},
    export, logging, startup,
};

/// A configuration that cannot be used, as clap has it for command lines.
const WRONG_CONFIG: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::of_process();
    let loaded = match Config::load(&common(&cli.command).flags(), &environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            complain(&problems.to_string());
            return ExitCode::from(WRONG_CONFIG);
        }
    };
    match run(&cli.command, loaded, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn common(command: &Command) -> &Common {
    match command {
        Command::Serve(common)
        | Command::Demo(common)
        | Command::Migrate(common)
        | Command::CheckConfig(common) => common,
        Command::Export(export) => &export.common,
    }
}

fn run(command: &Command, loaded: Loaded, environment: &Environment) -> anyhow::Result<()> {
    let Loaded { config, report } = loaded;
    if let Command::CheckConfig(_) = command {
        write!(std::io::stdout(), "{report}")?;
        return Ok(());
    }
    logging::start(&config)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            match command {
                Command::Serve(_) => startup::serve(&config, environment).await,
                Command::Demo(_) => startup::demo(&config, environment).await,
                Command::Migrate(_) => startup::migrate(&config).await,
                Command::CheckConfig(_) => Ok(()),
                Command::Export(wanted) => export::run(&config, wanted).await,
            }
        })
}

fn complain(message: &str) {
    // When not even this can be written, the exit code has to do.
    let _unwritable = writeln!(std::io::stderr(), "inquest: {message}");
}

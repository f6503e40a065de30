//! The program: every role, the local street, the provisioner. [`main`] is all of it, with the roles that an application adds.
//!
//! - `cli`: what can be asked for. `roles`: which roles there are and how they are built. `added`: those that an
//!   application adds. `program`: what this one is made of.
//! - `stage`: services over a shadow of the installation, to rehearse dead letters.
//! - `serve`: roles in this process. `capture`: whether `PUBLISH=cdc` is possible. `dev`: the whole street on one machine, where the
//!   feature of that name is on; the container image has it not.
//! - `provision`, `status`, `seed`, `smoke`, `dead_letters`, `prices`, `rebuild`, `projections`, `republish`, `archive`, `stream`, `order`, `describe`: what operators and developers do beside that.
//! - `target`, `street`, `desk`: what they do it to, and the administrator at it. `patience`: for how long its first answer is waited for. `print`: how they answer.

#[macro_use]
mod print;

mod added;
mod archive;
mod capture;
mod cli;
mod dead_letters;
mod describe;
mod desk;
#[cfg(feature = "dev")]
mod dev;
mod emit;
mod help;
mod leases;
mod order;
mod patience;
mod prices;
mod program;
mod projections;
mod provision;
mod rebuild;
mod republish;
mod roles;
mod seed;
mod serve;
mod smoke;
mod stage;
mod status;
mod stream;
mod street;
mod target;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use secrecy::ExposeSecret;
use shotengai_runtime::SettingsError;

pub use crate::added::{AddedRole, Addition};
use crate::cli::{Cli, Command};
use crate::program::Program;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many threads run the roles. The HTTP server has its own.
const WORKER_THREADS: usize = 2;

/// Does what the command line asks for, with the platform's roles and these.
#[must_use]
pub fn main(additions: &[Addition]) -> ExitCode {
    if let Err(error) = Program::with(additions).and_then(Program::run_here) {
        return failed(&error);
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let outcome = runtime.block_on(run(cli.command));
    match outcome.and_then(|code| print::finish().map(|()| code)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => Box::pin(serve::run(args)).await,
        #[cfg(feature = "dev")]
        Command::Dev(args) => Box::pin(dev::run(args)).await,
        Command::Provision(args) => provision::run(args).await,
        Command::Seed(args) => seed::run(args).await,
        Command::Smoke(args) => smoke::run(args).await,
        Command::Status(args) => status::run(args).await,
        Command::DeadLetters(args) => Box::pin(dead_letters::run(*args)).await,
        Command::Prices(args) => prices::run(args).await,
        Command::Rebuild(args) => rebuild::run(args).await,
        Command::Projections(args) => Box::pin(projections::run(*args)).await,
        Command::Republish(args) => republish::run(args).await,
        Command::Archive(args) => Box::pin(archive::run(*args)).await,
        Command::Stream(args) => Box::pin(stream::run(*args)).await,
        Command::Order(args) => order::run(args).await,
        Command::Describe(args) => describe::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), own_name(), &mut script);
            print::bytes(&script);
            Ok(ExitCode::SUCCESS)
        }
        Command::Keygen => {
            say!("{}", shotengai_runtime::auth::generate_signing_key()?.expose_secret().trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What this program is called: an application's has a name of its own.
fn own_name() -> String {
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = called.as_deref().and_then(std::path::Path::file_name);
    name.map_or_else(|| "shotengai".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// One line, or one for each setting at fault, and exit code 2: what was asked for could not be done.
fn failed(error: &anyhow::Error) -> ExitCode {
    if let Some(faults) = error.downcast_ref::<SettingsError>() {
        for (name, fault) in &faults.faults {
            say_error!("shotengai: {name}: {}", fault.replace('\n', "; "));
        }
        return ExitCode::from(2);
    }
    let mut line = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Many errors already repeat their source.
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    say_error!("shotengai: {}", line.replace('\n', "; "));
    ExitCode::from(2)
}

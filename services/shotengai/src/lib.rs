//! The one binary of Shotengai: every role, the local street, the provisioner.
//!
//! - [`cli`]: what can be asked for. [`roles`]: which roles there are and how they are built.
//! - [`serve`]: roles in this process. [`capture`]: whether `PUBLISH=cdc` is possible. `dev`: the whole street on one machine, where the
//!   feature of that name is on; the container image has it not.
//! - [`provision`], [`status`], [`seed`], [`smoke`], [`dead_letters`], [`rebuild`], [`describe`]: what operators and developers do beside that.
#![expect(clippy::print_stdout, reason = "the command line's answers")]

mod capture;
mod cli;
mod dead_letters;
mod describe;
#[cfg(feature = "dev")]
mod dev;
mod help;
mod leases;
mod provision;
mod rebuild;
mod roles;
mod seed;
mod serve;
mod smoke;
mod status;
mod street;
mod target;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use secrecy::ExposeSecret;
use shotengai_runtime::SettingsError;

use crate::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many threads run the roles. The HTTP server has its own.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        #[cfg(feature = "dev")]
        Command::Dev(args) => Box::pin(dev::run(args)).await,
        Command::Provision(args) => provision::run(args).await,
        Command::Seed(args) => seed::run(args).await,
        Command::Smoke(args) => smoke::run(args).await,
        Command::Status(args) => status::run(args).await,
        Command::DeadLetters(args) => dead_letters::run(*args).await,
        Command::Rebuild(args) => rebuild::run(args).await,
        Command::Describe(args) => describe::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "shotengai", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Keygen => {
            println!("{}", shotengai_runtime::auth::generate_signing_key()?.expose_secret().trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// One line, or one for each setting at fault, and exit code 2: what was asked for could not be done.
#[expect(clippy::print_stderr, reason = "the command line's errors")]
fn failed(error: &anyhow::Error) -> ExitCode {
    if let Some(faults) = error.downcast_ref::<SettingsError>() {
        for (name, fault) in &faults.faults {
            eprintln!("shotengai: {name}: {}", fault.replace('\n', "; "));
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
    eprintln!("shotengai: {}", line.replace('\n', "; "));
    ExitCode::from(2)
}

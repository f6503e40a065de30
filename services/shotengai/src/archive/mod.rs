//! `shotengai archive`: the archive of all events, held against the event stores, or brought back into empty ones.
//!
//! Exit codes: 1 when something is wrong with the archive, it is not what the event stores are, or not all could be brought back; 2
//! when it could not be done.

mod text;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use shotengai_archive::verify::{Progress, Stores};
use shotengai_archive::{Restore, RestoreError, Shelf, Verify};
use shotengai_aws::Aws;
use shotengai_aws::admin::Capture;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::buckets::EVENT_ARCHIVE;
use shotengai_contracts::topology::tables::CHECKPOINTS;
use shotengai_kernel::Ports;
use shotengai_messaging::Infrastructure;
use tokio::time::Instant;

use crate::cli::Output;
use crate::dead_letters::complain;
use crate::help;
use crate::target::Target;

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(crate) struct ArchiveCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    #[command(after_help = help::ARCHIVE_VERIFY)]
    /// Read all of the archive and all event stores, and say where they differ and which objects are damaged
    Verify(VerifyArgs),
    #[command(after_help = help::ARCHIVE_RESTORE)]
    /// Bring the events back into event stores that have none
    Restore(RestoreArgs),
}

#[derive(Args)]
struct VerifyArgs {
    /// Events younger than this are not missed: they may be on their way into the archive
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    grace_seconds: u64,
    #[command(flatten)]
    shared: SharedArgs,
}

#[derive(Args)]
struct RestoreArgs {
    /// Bring back what there is of an archive that is not whole: of each history, what stands before its first gap
    #[arg(long)]
    despite_damage: bool,
    #[command(flatten)]
    shared: SharedArgs,
}

#[derive(Args)]
struct SharedArgs {
    /// So many faults of events, and of objects of each kind, are named at the most; all are counted
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u16))]
    name: u16,
    /// Where to put down what memory does not hold; unset: where temporary files go
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    #[command(flatten)]
    target: Target,
}

/// Report of a command, and how long it took.
#[derive(Serialize)]
struct Timed<T> {
    #[serde(flatten)]
    report: T,
    seconds: f64,
    events_per_second: f64,
}

impl<T> Timed<T> {
    fn of(report: T, events: u64, began: Instant) -> Self {
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a speed, to be looked at")]
        let events_per_second = if seconds > 0.0 { events as f64 / seconds } else { 0.0 };
        Self { report, seconds, events_per_second }
    }
}

pub(crate) async fn run(args: ArchiveCommand) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Verify(args) => verify(args).await,
        What::Restore(args) => restore(args).await,
    }
}

async fn verify(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let SharedArgs { name, folder, output, target } = args.shared;
    let (ports, began) = (Ports::system(), Instant::now());
    let settled = ports.clock.now().checked_sub(Duration::from_secs(args.grace_seconds))?;
    let (_, shelf, stores) = open(target, name).await?;
    let teller = Teller::new();
    let verify = Verify {
        shelf: &shelf,
        stores: &stores,
        settled,
        name_most: usize::from(name),
        folder: folder.as_deref(),
        progress: &|progress| teller.tell(progress),
    };
    let report = verify.run().await?;
    let is_right = report.is_right();
    let events = report.archive.events + report.stores.values().sum::<u64>();
    let timed = Timed::of(report, events, began);
    match output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&timed)?),
        Output::Table => say!("{}", text::verified(&timed)),
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let SharedArgs { name, folder, output, target } = args.shared;
    let (ports, began) = (Ports::system(), Instant::now());
    let (aws, shelf, stores) = open(target, name).await?;
    refuse_captured(&aws).await?;
    let teller = Teller::new();
    // What was captured before says nothing of commits that are put together anew: they are not lost.
    let marks = [(aws.table(CHECKPOINTS.name), shotengai_bridge::begins_anew(&aws.config().stream_name))];
    let restore = Restore {
        shelf: &shelf,
        stores: &stores,
        despite_damage: args.despite_damage,
        name_most: usize::from(name),
        folder: folder.as_deref(),
        marks: &marks,
        ports,
        progress: &|progress| teller.tell(progress),
    };
    let (report, refused) = match restore.run().await {
        Ok(report) => (report, None),
        Err(error @ RestoreError::NotWhole(_)) => {
            let why = error.to_string();
            let RestoreError::NotWhole(report) = error else { return Err(error.into()) };
            (*report, Some(why))
        }
        Err(error) => return Err(error.into()),
    };
    let events = report.stores.values().sum();
    let is_whole = report.is_whole();
    let timed = Timed::of(report, events, began);
    match output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&timed)?),
        Output::Table => say!("{}", text::restored(&timed, refused.is_some())),
    }
    if let Some(why) = &refused {
        complain(&format!("{why}; --despite-damage brings back what there is"));
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn open(target: Target, name: u16) -> anyhow::Result<(Aws, Shelf, Stores)> {
    let aws = target.connect().await?;
    let shelf = Shelf::new(aws.bucket(EVENT_ARCHIVE.name)).naming(usize::from(name));
    let stores = Owner::ALL.map(|owner| (owner, aws.event_store(owner))).to_vec();
    Ok((aws, shelf, stores))
}

/// Refuses event tables that stream themselves: what is restored there would go through the stream again, to everybody.
async fn refuse_captured(aws: &Aws) -> anyhow::Result<()> {
    let mut captured = Vec::new();
    for owner in Owner::ALL {
        let table = owner.events_table();
        if aws.admin().capture_of(&table).await? != Capture::Off {
            captured.push(table);
        }
    }
    anyhow::ensure!(
        captured.is_empty(),
        "change capture is on for {}: what is restored would be sent to everybody once more. End it first \
         (`PUBLISH=outbox shotengai provision --stop-capture`), restore, and turn it on again (`PUBLISH=cdc shotengai provision`)",
        captured.join(", ")
    );
    Ok(())
}

/// Tells how far it is, on standard error; short work is over before the first line.
struct Teller(Arc<Mutex<Instant>>);

impl Teller {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn tell(&self, progress: Progress<'_>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELL_EVERY {
            *told = Instant::now();
            complain(&match progress {
                Progress::Archive(archive) => format!(
                    "archive: {} objects read, {} events, {} damaged",
                    archive.objects, archive.events, archive.damaged
                ),
                Progress::Stores(events) => format!("event stores: {events} events read"),
                Progress::Written(events) => format!("event stores: {events} events written"),
            });
        }
    }
}

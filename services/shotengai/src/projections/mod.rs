//! `shotengai projections`: a second set of read models, built beside the live one, compared, exchanged.
//!
//! Exit codes: 1 when rows differ, were left out, or something can't be done as the sets are; 2 when it could not be done.

mod args;
mod text;

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shotengai_kernel::{AggregateId, Ports};
use shotengai_query::migrations::{Migrations, missing_tables};
use shotengai_query::rebuild::{Kind, RebuildReport, Sources, Watch};
use shotengai_query::sets::{Begun, BuildWatch, Built, Exchanged, Phase, Projections, SetsError, Switch};
use tokio::time::Instant;

use crate::cli::Output;
use crate::dead_letters::complain;
use args::{ExchangeArgs, LookArgs, RebuildSetArgs, Where};
pub(crate) use args::{ProjectionsArgs, What};

/// Progress is told so often.
const TELL_EVERY: Duration = Duration::from_secs(3);

pub(crate) async fn run(args: ProjectionsArgs) -> anyhow::Result<ExitCode> {
    let done = match args.what {
        What::Rebuild(args) => rebuild(args).await,
        What::Status(args) => status(args).await,
        What::Diff(args) => diff(args).await,
        What::Switch(args) => exchange(args, true).await,
        What::Rollback(args) => exchange(args, false).await,
        What::Drop(args) => drop_beside(args.place).await,
    };
    match done {
        Err(error) => match error.downcast::<SetsError>() {
            Ok(SetsError::Refused(why)) => {
                complain(&why);
                Ok(ExitCode::FAILURE)
            }
            Ok(SetsError::Fault(fault)) => Err(fault.into()),
            Err(error) => Err(error),
        },
        done => done,
    }
}

async fn rebuild(args: RebuildSetArgs) -> anyhow::Result<ExitCode> {
    let sets = open(args.place, true).await?;
    let progress = Progress::begun_now();
    let built = sets.rebuild(args.anew, &progress).await?;
    if built.already {
        say!("a set is built already: compare it by `diff`, or build another with --anew");
        return Ok(ExitCode::SUCCESS);
    }
    let Built { aggregates, failed, left_out, .. } = built;
    say!(
        "built: {aggregates} aggregates, {failed} could not be folded, {left_out} live rows are not in it; next: `diff`"
    );
    Ok(if failed > 0 || left_out > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn status(args: LookArgs) -> anyhow::Result<ExitCode> {
    let is_json = args.json || args.output == Output::Json;
    let status = open(args.place, false).await?.status().await.map_err(anyhow::Error::from)?;
    if is_json {
        say!("{}", serde_json::to_string_pretty(&status)?);
    } else {
        say!("{}", text::status(&status));
    }
    Ok(ExitCode::SUCCESS)
}

async fn diff(args: LookArgs) -> anyhow::Result<ExitCode> {
    let is_json = args.json || args.output == Output::Json;
    let diff = open(args.place, false).await?.diff(&Progress::begun_now()).await?;
    if is_json {
        say!("{}", serde_json::to_string_pretty(&diff)?);
    } else {
        say!("{}", text::diff(&diff));
    }
    Ok(if diff.differences() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn exchange(args: ExchangeArgs, forward: bool) -> anyhow::Result<ExitCode> {
    let how = Switch { accept_differences: args.accept_differences, within: Duration::from_secs(args.within_seconds) };
    let (sets, watch) = (open(args.place, false).await?, Progress::begun_now());
    let Exchanged { retries, took, differences } =
        if forward { sets.switch(how, &watch).await? } else { sets.rollback(how, &watch).await? };
    let took = took.as_millis();
    if forward {
        say!(
            "switched: {differences} rows differed; writers waited {took} ms, {retries} retries; `rollback` takes it back"
        );
    } else {
        say!(
            "rolled back: writers waited {took} ms, {retries} retries; `switch` makes the built set the live one again"
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn drop_beside(place: Where) -> anyhow::Result<ExitCode> {
    match open(place, false).await?.drop_beside().await? {
        Phase::None => say!("there was no set beside the live one"),
        Phase::Kept => say!("dropped: the set that was the live one before"),
        Phase::Building | Phase::Built => say!("dropped: the set that was built"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The sets, once PostgreSQL answers. Only who builds makes tables that are missing.
async fn open(place: Where, makes_tables: bool) -> anyhow::Result<Projections> {
    let (database, aws) = place.target.connect_with(place.database).await?;
    let ports = Ports::system();
    if makes_tables {
        Migrations::new(database.clone(), ports.clone()).run().await?;
    } else {
        let missing = missing_tables(&database).await?;
        if !missing.is_empty() {
            let why = format!("the read models have no tables {}", missing.join(", "));
            return Err(SetsError::Refused(why).into());
        }
    }
    let me = format!("process {} ({})", std::process::id(), ports.ids.uuid_v7());
    Ok(Projections::new(database, Sources::of(&aws), ports, me))
}

/// Tells how far it is, on standard error; short work is over before the first line.
struct Progress {
    told: Mutex<Instant>,
    /// What was done of a kind when this run came to it, and when that was.
    since: Mutex<Option<(Kind, Instant, i64)>>,
}

impl Progress {
    fn begun_now() -> Self {
        Self { told: Mutex::new(Instant::now()), since: Mutex::default() }
    }
}

impl Watch for Progress {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, id: &AggregateId, why: &str) {
        complain(&format!("{id} is left out: {why}"));
    }
}

impl BuildWatch for Progress {
    fn begun(&self, how: Begun) {
        match how {
            Begun::Anew => {}
            Begun::GoneOnWith => complain("a building that was broken off goes on where it was"),
            Begun::AnewForOtherFolds => {
                complain("what was built is another release's: it is built anew with this one's folds");
            }
        }
    }

    fn built(&self, kind: Kind, done: i64, about: Option<i64>) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, before) = match *since {
            Some((of, begun, before)) if of == kind => (begun, before),
            _ => {
                *since = Some((kind, Instant::now(), done));
                return;
            }
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELL_EVERY {
            *told = Instant::now();
            complain(&text::progress(kind, done, about, done - before, begun.elapsed()));
        }
    }
}

//! `shotengai stream`: how many shards a stream has, should have, and gets.
//!
//! Exit codes: 1 when the advice is another number; 2 when it could not be done.

mod text;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use shotengai_aws::Aws;
use shotengai_aws::admin::StreamShards;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::PRICE_STREAM;
use shotengai_kernel::Ports;
use shotengai_ops::advice::{Look, advice};
use shotengai_ops::shards::shards;
use shotengai_ops::stores;
use shotengai_ops::street::processes::Processes;
use shotengai_provisioning::{ReshardError, reshard, steps};
use shotengai_runtime::settings::{AwsSettings, LeaseArgs, LeaseSettings};
use shotengai_runtime::{Faults, Publish, SettingsGroup};
use tokio::time::{Instant, sleep};

use crate::cli::Output;
use crate::dead_letters::complain;
use crate::help;
use crate::leases::of_bridges;
use crate::target::{Target, connect};

#[derive(Args)]
pub(crate) struct StreamArgs {
    #[command(subcommand)]
    command: StreamCommand,
}

#[derive(Subcommand)]
enum StreamCommand {
    #[command(after_help = help::ADVICE)]
    /// Say how many shards the stream of events should have: by what it refuses and how far its readers are behind
    Advice(AdviceArgs),
    #[command(after_help = help::RESHARD)]
    /// Give a stream another number of shards while everything runs
    Reshard(ReshardArgs),
}

#[derive(Args)]
struct AdviceArgs {
    /// How long to watch, in seconds: a busy minute says more than a quiet second
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    watch: u64,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Where processes serve their health and figures; default with --local: the street's
    #[arg(long, value_delimiter = ',', value_name = "URL")]
    health_url: Vec<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    leases: LeaseArgs,
}

#[derive(Args)]
struct ReshardArgs {
    /// How many open shards it gets; each takes 1,000 records or 1 MB a second and costs by the hour
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shards: u32,
    /// Which stream
    #[arg(long, value_enum, default_value_t = Which::Events)]
    stream: Which,
    /// Say what would be asked for, and ask for nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    leases: LeaseArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Events,
    Prices,
}

pub(crate) async fn run(args: StreamArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        StreamCommand::Advice(args) => Box::pin(advise(args)).await,
        StreamCommand::Reshard(args) => change(args).await,
    }
}

async fn advise(args: AdviceArgs) -> anyhow::Result<ExitCode> {
    let street = args.target.street()?;
    let mut urls = args.health_url;
    if urls.is_empty() {
        urls.extend(street.as_ref().and_then(|street| street.health.clone()));
    }
    let scene = Scene::open(args.target, args.leases).await?;
    let processes = Processes::new(shotengai_runtime::direct_http().build()?, urls.clone(), Arc::default());
    let look = async || {
        let figures = if urls.is_empty() { Vec::new() } else { processes.ask().await };
        let answered = figures.into_iter().filter(|asked| !asked.figures.is_empty());
        let figures = answered.map(|asked| (asked.process.url, asked.figures)).collect();
        let stream = &scene.settings.stream_name;
        Ok::<_, anyhow::Error>(Look {
            open: scene.open_shards(stream).await?.open,
            shards: scene.shards().await?,
            figures,
        })
    };
    let began = Instant::now();
    let before = look().await?;
    sleep(Duration::from_secs(args.watch)).await;
    let now = look().await?;
    let advice = advice(&before, &now, began.elapsed());
    if args.output == Output::Json {
        say!("{}", serde_json::to_string(&advice)?);
    } else {
        say!("{}", text::advice(&advice, &scene.settings.stream_name));
    }
    Ok(if advice.advised == advice.shards { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn change(args: ReshardArgs) -> anyhow::Result<ExitCode> {
    let (wanted, which) = (args.shards, args.stream);
    let scene = Scene::open(args.target, args.leases).await?;
    let stream = match which {
        Which::Events => scene.settings.stream_name.clone(),
        Which::Prices => PRICE_STREAM.to_owned(),
    };
    let found = scene.open_shards(&stream).await?;
    ensure!(!found.on_demand, ReshardError::OnDemand(stream));
    if args.dry_run {
        say!("{}", text::plan(&stream, found.open, &steps(found.open, wanted)));
        return Ok(ExitCode::SUCCESS);
    }
    if scene.settings.endpoint_url.is_some() && found.open != wanted {
        scene.refuse_unread(which).await?;
    }
    let told = Mutex::new(None);
    let tell = |moment| {
        // Each line says something new, however long it takes.
        if told.lock().unwrap_or_else(PoisonError::into_inner).replace(moment) != Some(moment) {
            complain(&text::moment(&stream, moment));
        }
    };
    let open = reshard(&scene.aws, &stream, wanted, &tell).await?;
    say!("{stream} has {open} open shards; it had {}", found.open);
    Ok(ExitCode::SUCCESS)
}

/// The installation that is looked at.
struct Scene {
    aws: Aws,
    settings: AwsSettings,
    leases: LeaseSettings,
}

impl Scene {
    async fn open(target: Target, leases: LeaseArgs) -> anyhow::Result<Self> {
        let mut faults = Faults::default();
        let street = target.street()?;
        let within = target.within();
        let settings = target.check(street.as_ref(), &mut faults);
        let leases = leases.check(&mut faults);
        let (settings, leases) = faults.finish(settings.zip(leases))?;
        let aws = connect(settings.clone(), Publish::Outbox, within).await?;
        Ok(Self { aws, settings, leases })
    }

    /// # Errors
    /// When there is no such stream, too.
    async fn open_shards(&self, stream: &str) -> anyhow::Result<StreamShards> {
        let found = self.aws.admin().stream_shards(stream).await?;
        found.ok_or_else(|| ReshardError::NoStream(stream.to_owned()).into())
    }

    async fn shards(&self) -> anyhow::Result<Vec<shotengai_ops::shards::ShardState>> {
        let leases = of_bridges(&self.aws, &self.settings, &self.leases).await?;
        shards(&self.aws, &self.settings.stream_name, leases, Ports::system().clock.now()).await
    }

    /// A local AWS has no closed shards: it drops what they held. So it is asked only once all of it has been read. AWS keeps them.
    async fn refuse_unread(&self, which: Which) -> anyhow::Result<()> {
        ensure!(
            which == Which::Events,
            "a local AWS drops the records of shards that are closed, and whether prices have all been read is not known"
        );
        let now = Ports::system().clock.now();
        let mut unpublished = 0;
        for owner in Owner::ALL {
            unpublished += stores::unpublished(&self.aws, owner, now).await?.count;
        }
        let unread = self.shards().await?.iter().filter(|shard| !shard.ended && shard.lag_ms != Some(0)).count();
        ensure!(
            unpublished == 0 && unread == 0,
            "a local AWS drops the records of shards that are closed: {unread} shards have records that are not read yet, and \
             {unpublished} commits are not in the stream yet; try again when both are nought"
        );
        Ok(())
    }
}

//! `shotengai status`: whether an installation is well, and what its tables, stream and queues hold.
//!
//! - [`survey`], [`health`]: the state as data. [`text`]: the state as text.

mod health;
mod survey;
mod text;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use shotengai_aws::Aws;
use shotengai_contracts::Owner;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::{Infrastructure, Leases};
use shotengai_runtime::settings::{AwsSettings, LeaseSettings};
use shotengai_runtime::{Faults, LeaseStore, Publish, SettingsGroup};

use crate::cli::{Output, StatusArgs, StatusOf};
use crate::leases::ClusterLeases;
use crate::target::connect;

/// All of it at a glance.
#[derive(Serialize)]
struct Overview {
    services: Vec<health::Process>,
    unpublished: BTreeMap<&'static str, survey::Unpublished>,
    shards: Vec<survey::ShardState>,
    #[serde(flatten)]
    queues: survey::Queues,
}

#[derive(Serialize)]
struct Stream {
    shards: Vec<survey::ShardState>,
    #[serde(flatten)]
    queues: survey::Queues,
}

pub(crate) async fn run(args: StatusArgs) -> anyhow::Result<ExitCode> {
    let mut faults = Faults::default();
    let street = args.target.street()?;
    let settings = args.target.check(street.as_ref(), &mut faults);
    let leases = args.leases.check(&mut faults);
    let (settings, leases) = faults.finish(settings.zip(leases))?;
    let aws = connect(settings.clone(), Publish::Outbox).await?;
    let now = Ports::system().clock.now();
    let is_json = args.output == Output::Json;
    match args.of {
        None => {
            let known = street.and_then(|street| street.health).into_iter();
            let urls = if args.health_url.is_empty() { known.collect() } else { args.health_url };
            let overview = overview(&aws, &settings, &leases, &urls, now).await?;
            println!("{}", if is_json { serde_json::to_string(&overview)? } else { text::overview(&overview) });
        }
        Some(StatusOf::Dynamodb) => {
            let stores = survey::stores(&aws, now).await?;
            println!("{}", if is_json { serde_json::to_string(&stores)? } else { text::stores(&stores).to_string() });
        }
        Some(StatusOf::Kinesis) => {
            let shards = shards(&aws, &settings, &leases, now).await?;
            let stream = Stream { shards, queues: survey::queues(&aws).await? };
            if is_json {
                println!("{}", serde_json::to_string(&stream)?);
            } else {
                println!("{}\n{}", text::shards(&stream.shards), text::queues(&stream.queues));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn overview(
    aws: &Aws,
    settings: &AwsSettings,
    leases: &LeaseSettings,
    health: &[String],
    now: Timestamp,
) -> anyhow::Result<Overview> {
    let client = shotengai_runtime::direct_http().build()?;
    let mut services = Vec::new();
    for url in health {
        services.push(health::ask(&client, url).await);
    }
    let mut unpublished = BTreeMap::new();
    for owner in Owner::ALL {
        unpublished.insert(owner.as_str(), survey::unpublished(aws, owner, now).await?);
    }
    let shards = shards(aws, settings, leases, now).await?;
    Ok(Overview { services, unpublished, shards, queues: survey::queues(aws).await? })
}

async fn shards(
    aws: &Aws,
    settings: &AwsSettings,
    leases: &LeaseSettings,
    now: Timestamp,
) -> anyhow::Result<Vec<survey::ShardState>> {
    let leases = leases_of(aws, settings, leases).await?;
    survey::shards(aws, &settings.stream_name, leases, now).await
}

/// The leases as the bridges of these settings would find them.
async fn leases_of(aws: &Aws, settings: &AwsSettings, leases: &LeaseSettings) -> anyhow::Result<Arc<dyn Leases>> {
    let group = shotengai_bridge::lease_group(&settings.stream_name);
    match leases.store {
        LeaseStore::Table => Ok(aws.leases(&group)),
        LeaseStore::Kubernetes => {
            let namespace = leases.namespace.as_deref();
            Ok(ClusterLeases::connect(namespace, &settings.prefix, Ports::system()).await?.of(&group))
        }
    }
}

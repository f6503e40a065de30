//! `shotengai status`: what the tables, the stream and the queues hold.

use std::process::ExitCode;

use comfy_table::{Table, presets};
use shotengai_aws::Aws;
use shotengai_contracts::topology::{Source, tables};
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::{CheckpointError, Checkpoints, Infrastructure, Lease, OUTBOX_SHARDS};
use shotengai_runtime::LeaseStore;

use crate::cli::{StatusArgs, StatusOf};
use crate::leases::ClusterLeases;
use crate::provision::connect;

/// Counting stops here, so that a look at a large installation stays cheap.
const MOST_COMMITS: usize = 10_000;
const PAGE: usize = 1000;

pub(crate) async fn run(args: StatusArgs) -> anyhow::Result<ExitCode> {
    let aws = connect(&args.aws).await;
    match args.of {
        StatusOf::Dynamodb => println!("{}", stores(&aws).await?),
        StatusOf::Kinesis => {
            println!("{}", shards(&aws, &args).await?);
            println!("{}", queues(&aws).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn stores(aws: &Aws) -> anyhow::Result<Table> {
    let mut table = table(&["events of", "commits", "marked: not yet in the stream", "change capture"]);
    for (owner, capture) in shotengai_provisioning::captures(aws).await? {
        let store = aws.event_store(owner);
        let (mut commits, mut pending) = (0, 0);
        for shard in 0..OUTBOX_SHARDS {
            pending += store.pending(shard, Timestamp::MAX, PAGE).await?.len();
            let mut from = None;
            while commits < MOST_COMMITS {
                let (page, next) = store.scan(shard, from, PAGE).await?;
                commits += page.len();
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        let commits = if commits < MOST_COMMITS { commits.to_string() } else { format!("{MOST_COMMITS} or more") };
        table.add_row([owner.as_str().to_owned(), commits, pending.to_string(), capture.to_string()]);
    }
    Ok(table)
}

/// The leases as the bridges of these settings would find them.
async fn leases(infra: &dyn Infrastructure, args: &StatusArgs) -> anyhow::Result<Vec<Lease>> {
    let group = shotengai_bridge::lease_group(&args.aws.kinesis_stream_name);
    let leases = match args.leases {
        LeaseStore::Table => infra.leases(&group),
        LeaseStore::Kubernetes => {
            let pod_namespace = || std::env::var("POD_NAMESPACE").ok();
            let namespace = args.lease_namespace.clone().or_else(pod_namespace).filter(|name| !name.trim().is_empty());
            let prefix = &args.aws.resource_prefix;
            ClusterLeases::connect(namespace.as_deref(), prefix, Ports::system()).await?.of(&group)
        }
    };
    Ok(leases.list().await?)
}

async fn shards(infra: &dyn Infrastructure, args: &StatusArgs) -> anyhow::Result<Table> {
    let stream = &args.aws.kinesis_stream_name;
    let checkpoints = Checkpoints::new(infra.table(tables::CHECKPOINTS.name), "bridge", stream);
    let leases = leases(infra, args).await?;
    let holder = |shard: &str| {
        let lease = leases.iter().find(|lease| lease.name == shard);
        lease.and_then(|lease| lease.holder.clone()).unwrap_or_else(|| "nobody".to_owned())
    };
    let mut table = table(&["shard", "parents", "held by", "epoch", "claimed by", "read up to"]);
    for shard in infra.stream_reader().shards().await? {
        let (epoch, owner, position) = match checkpoints.read(&shard.id).await {
            Ok(Some(checkpoint)) if checkpoint.ended => {
                (checkpoint.epoch.to_string(), checkpoint.owner, "its end".to_owned())
            }
            Ok(Some(checkpoint)) => (
                checkpoint.epoch.to_string(),
                checkpoint.owner,
                checkpoint.position.unwrap_or_else(|| "nothing yet".to_owned()),
            ),
            Ok(None) => ("-".to_owned(), "nobody".to_owned(), "nothing yet".to_owned()),
            // A row for an operator to repair; the other shards are worth showing.
            Err(error @ CheckpointError::Unreadable { .. }) => ("?".to_owned(), "?".to_owned(), error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let holder = holder(&shard.id);
        table.add_row([shard.id, shard.parents.join(" "), holder, epoch, owner, position]);
    }
    Ok(table)
}

async fn queues(aws: &Aws) -> anyhow::Result<Table> {
    let mut table = table(&["queue", "waiting", "in flight", "delayed", "dead letters"]);
    for queue in aws.config().installation.queues() {
        let dead = aws.queue(&queue.dead_letters()).depth().await?.total().to_string();
        if queue.source == Source::Stream {
            table.add_row([format!("({})", queue.service), String::new(), String::new(), String::new(), dead]);
            continue;
        }
        let depth = aws.queue(queue.name).depth().await?;
        let [waiting, in_flight, delayed] = [depth.visible, depth.in_flight, depth.delayed].map(|n| n.to_string());
        table.add_row([queue.name.to_owned(), waiting, in_flight, delayed, dead]);
    }
    Ok(table)
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec());
    table
}

//! `shotengai provision`: the AWS resources of an installation.

use std::process::ExitCode;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_kernel::Ports;
use shotengai_provision::{Options, Outcome};

use crate::cli::{AwsArgs, ProvisionArgs};

/// Where `shotengai dev` has its local AWS unless told otherwise.
const LOCAL_ENDPOINT: &str = "http://127.0.0.1:4566";

pub(crate) async fn run(args: ProvisionArgs) -> anyhow::Result<ExitCode> {
    let aws = connect(&args.aws).await;
    if args.check {
        return check(&aws).await;
    }
    if args.destroy {
        let gone = shotengai_provision::destroy(&aws, &|resource, was_there| {
            println!("{:<9} {:<13} {}", if was_there { "deleted" } else { "absent" }, resource.kind(), resource.name());
        })
        .await?;
        println!("{} resources deleted", gone.iter().filter(|(_, was_there)| *was_there).count());
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options { shards: u32::from(args.kinesis_shards) };
    let report = shotengai_provision::provision(&aws, &options, &|resource, outcome| {
        println!("{:<9} {:<13} {}", word(outcome), resource.kind(), resource.name());
    })
    .await?;
    println!(
        "{} created, {} changed, {} found, in {} ms",
        report.count(Outcome::Created),
        report.count(Outcome::Changed),
        report.count(Outcome::Found),
        report.elapsed.as_millis()
    );
    Ok(ExitCode::SUCCESS)
}

async fn check(aws: &Aws) -> anyhow::Result<ExitCode> {
    let found = shotengai_provision::check(aws).await?;
    let missing = found.iter().filter(|(_, present)| !present).count();
    for (resource, present) in &found {
        println!("{:<9} {:<13} {}", if *present { "found" } else { "MISSING" }, resource.kind(), resource.name());
    }
    println!("{} resources, {missing} missing", found.len());
    Ok(if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Changed => "changed",
        Outcome::Found => "found",
    }
}

/// The AWS that a tool was told to talk to.
pub(crate) async fn connect(args: &AwsArgs) -> Aws {
    let local = args.local.then(|| LOCAL_ENDPOINT.to_owned());
    let config = AwsConfig {
        endpoint_url: args.aws_endpoint_url.clone().or(local),
        region: args.aws_region.clone(),
        prefix: args.resource_prefix.clone(),
        stream_name: args.kinesis_stream_name.clone(),
        marks_outbox: true,
        local_account: None,
    };
    Aws::connect(config, Ports::system()).await
}

//! `shotengai provision`: the AWS resources of an installation.

use std::process::ExitCode;

use shotengai_aws::Aws;
use shotengai_bridge::StreamRead;
use shotengai_kernel::Ports;
use shotengai_provisioning::{Capture, FILTERS_SETTLE_WITHIN, FilterDifference, Options, Outcome, Report, Resource};
use shotengai_runtime::{Faults, Publish, SettingsGroup};

use crate::cli::{Emit, ProvisionArgs};
use crate::emit;
use crate::serve::aws_config;
use crate::target::connect;

pub(crate) async fn run(args: ProvisionArgs) -> anyhow::Result<ExitCode> {
    if args.emit.emit == Some(Emit::Values) {
        return emit::values(&args.emit);
    }
    anyhow::ensure!(args.emit.outputs.is_none(), "--outputs goes with --emit values");
    let mut faults = Faults::default();
    let street = args.target.street()?;
    let within = args.target.within();
    let settings = args.target.check(street.as_ref(), &mut faults);
    let publish = args.publish.check(&mut faults);
    let buckets = args.images.check(&mut faults).zip(args.archive.check(&mut faults));
    let stream_read = args.stream_read.check(&mut faults);
    let ((settings, publish), ((buckets, archive), stream_read)) =
        faults.finish(settings.zip(publish).zip(buckets.zip(stream_read)))?;
    let options = Options {
        shards: u32::from(args.kinesis_shards),
        origins: args.cors_allowed_origins.list(),
        buckets,
        archive,
        fan_out: stream_read == StreamRead::Push,
    };
    if let Some(what) = args.emit.emit {
        return emit::document(what, &aws_config(settings, publish), &options, &args.emit);
    }
    let aws = connect(settings, publish, within).await?;
    if args.stop_capture {
        return stop_capture(&aws, publish).await;
    }
    if args.check {
        return check(&aws, &options).await;
    }
    if args.destroy {
        let gone = shotengai_provisioning::destroy(&aws, &options, &|resource, was_there| {
            say!("{:<9} {:<13} {}", if was_there { "deleted" } else { "absent" }, resource.kind(), resource.name());
        })
        .await?;
        say!("{} resources deleted", gone.iter().filter(|(_, was_there)| *was_there).count());
        return Ok(ExitCode::SUCCESS);
    }
    if publish == Publish::Cdc {
        say!("change capture takes about a minute to start on AWS");
    }
    let report = shotengai_provisioning::provision(&aws, &options, &|resource, outcome| {
        say!("{:<9} {:<13} {}", word(outcome), resource.kind(), resource.name());
    })
    .await?;
    say!(
        "{} created, {} changed, {} found, in {} ms",
        report.count(Outcome::Created),
        report.count(Outcome::Changed),
        report.count(Outcome::Found),
        report.elapsed.as_millis()
    );
    tell_of_filters(&report);
    if publish == Publish::Outbox {
        tell_of_captures(&aws).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was changed here takes effect there some time later, and nobody says when.
fn tell_of_filters(report: &Report) {
    let is_changed = |(resource, outcome): &&(Resource, Outcome)| {
        matches!(resource, Resource::Subscription(_)) && *outcome == Outcome::Changed
    };
    let changed = report.resources.iter().filter(is_changed).count();
    if changed > 0 {
        let until = Ports::system().clock.now() + FILTERS_SETTLE_WITHIN;
        say!(
            "{changed} subscriptions changed: SNS may take until {until:.0} to deliver by them, and drops events of types that are new \
             to them until then: let nothing that writes such a type start before"
        );
    }
}

/// Both ways at once are harmless, so a capture is never ended by the way.
async fn tell_of_captures(aws: &Aws) -> anyhow::Result<()> {
    let captures = shotengai_provisioning::captures(aws).await?;
    if captures.iter().any(|(_, capture)| *capture != Capture::Off) {
        say!(
            "change capture is on beside the outbox: events come twice, which is harmless. \
             Once nothing runs with PUBLISH=cdc any more, `shotengai provision --stop-capture` ends it."
        );
    }
    Ok(())
}

async fn stop_capture(aws: &Aws, publish: Publish) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(publish == Publish::Outbox, "PUBLISH=cdc needs the capture that --stop-capture would end");
    for (resource, was_on) in shotengai_provisioning::end_captures(aws).await? {
        say!("{:<9} {:<13} {}", if was_on { "ended" } else { "absent" }, resource.kind(), resource.name());
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(aws: &Aws, options: &Options) -> anyhow::Result<ExitCode> {
    let found = shotengai_provisioning::check(aws, options).await?;
    let missing = found.iter().filter(|(_, present)| !present).count();
    for (resource, present) in &found {
        say!("{:<9} {:<13} {}", if *present { "found" } else { "MISSING" }, resource.kind(), resource.name());
    }
    let filters = shotengai_provisioning::differing_filters(aws).await?;
    for difference in &filters {
        say!("{:<9} {:<13} {}: {difference}", "DIFFERS", "subscription", difference.queue);
    }
    say!("{} resources, {missing} missing", found.len());
    let loses = filters.iter().any(FilterDifference::loses);
    if loses {
        say!(
            "until `shotengai provision` has run, and for up to {} minutes more, SNS drops what these subscriptions lack",
            FILTERS_SETTLE_WITHIN.as_secs() / 60
        );
    }
    Ok(if missing == 0 && !loses { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Changed => "changed",
        Outcome::Found => "found",
    }
}

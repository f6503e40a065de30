//! `shotengai status`: what `shotengai-ops` says of an installation, as [`text`] or as JSON.

mod text;

use std::process::ExitCode;
use std::sync::Arc;

use shotengai_aws::Aws;
use shotengai_kernel::Ports;
use shotengai_messaging::Leases;
use shotengai_ops::status::{self, Scene};
use shotengai_ops::stores::stores;
use shotengai_runtime::settings::AwsSettings;
use shotengai_runtime::{Faults, Publish, SettingsGroup};

use crate::cli::{Output, StatusArgs, StatusOf};
use crate::leases::of_bridges;
use crate::target::connect;

pub(crate) async fn run(args: StatusArgs) -> anyhow::Result<ExitCode> {
    let mut faults = Faults::default();
    let street = args.target.street()?;
    let within = args.target.within();
    let settings = args.target.check(street.as_ref(), &mut faults);
    let leases = args.leases.check(&mut faults);
    let (settings, leases) = faults.finish(settings.zip(leases))?;
    let aws = connect(settings.clone(), Publish::Outbox, within).await?;
    let is_json = args.output == Output::Json;
    match args.of {
        None => {
            let known = street.and_then(|street| street.health).into_iter();
            let urls = if args.health_url.is_empty() { known.collect() } else { args.health_url };
            let scene = scene(&aws, &settings, of_bridges(&aws, &settings, &leases).await?);
            let overview = status::overview(&scene, &shotengai_runtime::direct_http().build()?, &urls).await?;
            say!("{}", if is_json { serde_json::to_string(&overview)? } else { text::overview(&overview) });
        }
        Some(StatusOf::Dynamodb) => {
            let stores = stores(&aws, Ports::system().clock.now()).await?;
            say!("{}", if is_json { serde_json::to_string(&stores)? } else { text::stores(&stores).to_string() });
        }
        Some(StatusOf::Kinesis) => {
            let scene = scene(&aws, &settings, of_bridges(&aws, &settings, &leases).await?);
            let stream = status::stream(&scene).await?;
            if is_json {
                say!("{}", serde_json::to_string(&stream)?);
            } else {
                say!("{}\n{}", text::shards(&stream.shards), text::queues(&stream.queues));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is looked at, now.
fn scene<'a>(aws: &'a Aws, settings: &'a AwsSettings, leases: Arc<dyn Leases>) -> Scene<'a> {
    let (installation, stream) = (&aws.config().installation, settings.stream_name.as_str());
    Scene { infra: aws, installation, stream, leases, now: Ports::system().clock.now() }
}

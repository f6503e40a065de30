//! `shotengai provision --emit`: the installation as a document.

use std::io::Read;
use std::process::ExitCode;

use anyhow::Context as _;
use shotengai_aws::AwsConfig;
use shotengai_provisioning::stack::{Capacity, Trust};
use shotengai_provisioning::{ChartValues, Options, Stack, StackOptions, check_prefix};

use crate::cli::{Emit, EmitArgs, TablesChoice, TrustChoice};

/// Prints the template or the module.
pub(crate) fn document(what: Emit, config: &AwsConfig, options: &Options, args: &EmitArgs) -> anyhow::Result<ExitCode> {
    check_prefix(config).context("RESOURCE_PREFIX")?;
    let choices = StackOptions {
        trust: match args.trust {
            TrustChoice::PodIdentity => Trust::PodIdentity,
            TrustChoice::Irsa => Trust::Irsa,
        },
        capacity: match args.tables {
            TablesChoice::OnDemand => Capacity::OnDemand,
            TablesChoice::Provisioned => Capacity::Provisioned,
        },
    };
    let stack = Stack::of(config, options, choices);
    let told = if what == Emit::Terraform { stack.terraform() } else { stack.cloudformation() };
    say!("{told:#}");
    Ok(ExitCode::SUCCESS)
}

/// Prints values of the chart.
pub(crate) fn values(args: &EmitArgs) -> anyhow::Result<ExitCode> {
    let file = args.outputs.as_deref().context("--emit values wants --outputs FILE, of the stack that was made")?;
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        text
    } else {
        std::fs::read_to_string(file).with_context(|| format!("--outputs {}", file.display()))?
    };
    let values = ChartValues::of_outputs(&text).with_context(|| format!("--outputs {}", file.display()))?;
    say!("{}", values.yaml().trim_end());
    Ok(ExitCode::SUCCESS)
}

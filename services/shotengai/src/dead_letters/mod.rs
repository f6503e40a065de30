//! `shotengai dead-letters`: what could not be handled, and what is done about it.
//!
//! Exit codes: 1 when something failed, 2 when what was asked for makes no sense.
//!
//! - [`args`]: what can be asked for. [`look`]: `list`, `show`. [`work`]: `redrive`, `discard`; [`outcomes`]: what became of what was redriven.
//! - [`text`]: letters as text.

mod args;
mod look;
mod outcomes;
mod text;
mod work;

use std::process::ExitCode;

pub(crate) use args::DeadLettersArgs;
use args::DeadLettersCommand;
pub(crate) use text::complain;

pub(crate) async fn run(args: DeadLettersArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        DeadLettersCommand::List(args) => look::list(args).await,
        DeadLettersCommand::Show(args) => look::show(args).await,
        DeadLettersCommand::Redrive(args) => work::redrive(args).await,
        DeadLettersCommand::Discard(args) => work::discard(args).await,
    }
}

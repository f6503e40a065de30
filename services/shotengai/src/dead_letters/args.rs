//! What can be asked for.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use shotengai_dead_letters::{Filter, Job};
use shotengai_kernel::Timestamp;

use crate::cli::Output;
use crate::help;
use crate::roles;
use crate::target::Target;

#[derive(Args)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    pub(super) command: DeadLettersCommand,
}

#[derive(Subcommand)]
pub(super) enum DeadLettersCommand {
    #[command(after_help = help::LIST)]
    /// Show how many letters there are, and from which causes
    List(ListArgs),
    #[command(after_help = help::SHOW)]
    /// Show letters one by one
    Show(ShowArgs),
    #[command(after_help = help::REDRIVE)]
    /// Send letters back to where they belong, then delete them here
    Redrive(RedriveArgs),
    #[command(after_help = help::DISCARD)]
    /// Delete letters for good
    Discard(DiscardArgs),
}

/// How an answer looks.
#[derive(Args)]
pub(super) struct Format {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// The same as --output json, as it was called first
    #[arg(long, hide = true)]
    json: bool,
}

impl Format {
    pub(super) fn is_json(&self) -> bool {
        self.json || self.output == Output::Json
    }
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Only this dead-letter queue; may be repeated
    #[arg(long, value_name = "QUEUE")]
    pub(super) queue: Vec<String>,
    /// How many letters of each queue are looked at
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(super) sample: usize,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Args)]
pub(super) struct ShowArgs {
    /// The dead-letter queue
    pub(super) queue: String,
    /// How many letters
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(super) limit: usize,
    /// Print the bodies, too
    #[arg(long)]
    pub(super) bodies: bool,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) target: Target,
}

/// Which letters, how many and how fast.
#[derive(Args)]
pub(super) struct Selection {
    /// The dead-letter queue
    pub(super) queue: String,
    /// Only letters of this reason
    #[arg(long)]
    reason: Option<String>,
    /// Only letters that this consumer gave up
    #[arg(long)]
    consumer: Option<String>,
    /// Only events of this type; "" for letters whose type is not known
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// Only events of this aggregate
    #[arg(long)]
    subject: Option<String>,
    /// Only this letter
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    /// Only letters older than this: 30s, 10m, 2h
    #[arg(long, value_name = "DURATION")]
    older_than: Option<String>,
    /// At most so many letters
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// At most so many letters a second: 20 or 20/s
    #[arg(long, value_name = "N/s")]
    pace: Option<String>,
    /// Only show what would be done
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Args)]
pub(super) struct RedriveArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Wait so long for what their consumer makes of the letters, and tell it: 30s, 10m
    #[arg(long, value_name = "DURATION")]
    wait: Option<String>,
}

#[derive(Args)]
pub(super) struct DiscardArgs {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Yes, delete
    #[arg(long)]
    pub(super) yes: bool,
}

impl RedriveArgs {
    /// How long to wait for what becomes of the letters; nothing where nobody wants to know, or nothing is sent.
    pub(super) fn wait(&self) -> anyhow::Result<Option<Duration>> {
        let Some(text) = self.wait.as_deref().filter(|_| !self.selection.dry_run) else { return Ok(None) };
        let wait = text.parse::<SignedDuration>().ok().and_then(|wait| Duration::try_from(wait).ok());
        wait.map(Some).with_context(|| format!("--wait {text:?} is no duration such as 30s or 10m"))
    }
}

impl Selection {
    /// The job, with times before `now`.
    pub(super) fn job(&self, now: Timestamp) -> anyhow::Result<Job> {
        let filter = Filter {
            reason: self.reason.clone(),
            consumer: self.consumer.clone(),
            event_type: self.event_type.clone(),
            subject: self.subject.clone(),
            message_id: self.message_id.clone(),
            sent_before: self.older_than.as_deref().map(|text| before(now, text)).transpose()?,
            ..Filter::default()
        };
        let declared: Vec<_> = roles::reasons().flat_map(|(_, reasons)| reasons.iter().copied()).collect();
        filter.check(&roles::installation(), &declared)?;
        let pace = self.pace.as_deref().map(pace).transpose()?;
        Ok(Job { filter, limit: self.limit, pace, dry_run: self.dry_run, run: None })
    }
}

fn before(now: Timestamp, text: &str) -> anyhow::Result<Timestamp> {
    let Ok(age) = text.parse::<SignedDuration>() else {
        bail!("--older-than {text:?} is no duration such as 30s or 10m")
    };
    if age.is_negative() {
        bail!("--older-than {text:?} is in the future");
    }
    now.checked_sub(age).with_context(|| format!("--older-than {text:?} is too long"))
}

fn pace(text: &str) -> anyhow::Result<NonZeroU32> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number.parse().ok().with_context(|| format!("--pace {text:?} is no number of letters a second, 1 at least"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_number_a_second() {
        assert_eq!(pace("20").unwrap().get(), 20);
        assert_eq!(pace("20/s").unwrap().get(), 20);
        for bad in ["0", "-1", "20/m", "fast", ""] {
            assert!(pace(bad).unwrap_err().to_string().contains("--pace"), "{bad}");
        }
    }

    #[test]
    fn an_age_is_a_moment_before_now() {
        let now = Timestamp::from_second(1_767_225_600).unwrap();
        assert_eq!(before(now, "10m").unwrap(), now - SignedDuration::from_mins(10));
        for bad in ["-5m", "soon", "5", "99999999999h"] {
            assert!(before(now, bad).unwrap_err().to_string().contains("--older-than"), "{bad}");
        }
    }
}

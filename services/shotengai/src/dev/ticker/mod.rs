//! Live lines about orders, mails and dead letters, in the terminal of `shotengai dev`.
//!
//! - [`orders`]: from events to lines; pure. [`tail`]: the events, read from the stream beside the bridge.
//! - [`mails`]: what the built-in inbox took. [`letters`]: how many dead letters there are.
//!
//! It only looks: it holds no lease, writes no checkpoint and receives no message, so that nothing is different without
//! it (`--quiet`). What it can't read for a moment it reads later, without a word.

mod letters;
mod mails;
mod orders;
mod tail;

use std::sync::Arc;

use shotengai_inbox::InboxStore;
use shotengai_messaging::Infrastructure;

/// Prints lines until it is dropped.
pub(crate) async fn run(infra: Arc<dyn Infrastructure>, inbox: Option<InboxStore>) {
    tokio::join!(tail::follow(infra.stream_reader()), mails::follow(inbox), letters::follow(infra));
}

/// The part of an order's id that people can compare at a glance.
fn short(order_id: &str) -> &str {
    order_id.get(order_id.len().saturating_sub(6)..).unwrap_or(order_id)
}

/// One line: what it is about, and what is said.
fn say(what: &str, text: &str) {
    say!("  {what:<14} {text}");
}

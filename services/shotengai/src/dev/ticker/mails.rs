//! Mails as they reach the built-in inbox.

use std::time::Duration;

use shotengai_inbox::InboxStore;
use tokio::time::sleep;

use super::{say, short};

const POLL: Duration = Duration::from_millis(400);
const MOST_LINES: usize = 20;

/// Prints a line for each mail, until it is dropped. Another inbox tells nobody: then there are no lines.
pub(super) async fn follow(inbox: Option<InboxStore>) {
    let Some(inbox) = inbox else { return };
    let mut last: Option<String> = None;
    loop {
        sleep(POLL).await;
        let seen = inbox.list(0, 1).messages.first().map(|mail| mail.id.clone());
        if seen == last {
            continue;
        }
        let mut new: Vec<_> =
            inbox.list(0, 200).messages.into_iter().take_while(|mail| Some(&mail.id) != last.as_ref()).collect();
        new.reverse();
        for mail in new.iter().take(MOST_LINES) {
            let to = mail.to.first().map_or("nobody", |to| to.address.as_str());
            let order = mail.message_id.split('.').next().unwrap_or_default();
            say("mail", &format!("…{}  to {to}: {}", short(order), mail.subject));
        }
        if new.len() > MOST_LINES {
            say("mails", &format!("… and {} more", new.len() - MOST_LINES));
        }
        last = seen;
    }
}

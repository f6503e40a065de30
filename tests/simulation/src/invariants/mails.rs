//! Whether each mail that orders ask for went out, and once; and whether one that can reach nobody is a dead letter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::queues;
use shotengai_kernel::OrderId;

use super::Orders;
use super::letters::{is_refused, mail_of};
use super::refunds::Refunded;
use crate::ports::claim_of;
use crate::world::{Mail, World};
use shotengai_notification::claims::LEASE;

pub(super) fn were_sent_once(world: &World, orders: &Orders, back: &Refunded) {
    let mut sent: BTreeMap<String, Vec<Mail>> = BTreeMap::new();
    for mail in world.mails() {
        sent.entry(mail.message_id.clone()).or_default().push(mail);
    }
    let letters = letters(world);
    for (id, state) in &orders.states {
        let Some(order) = state.placed() else { continue };
        let mut kinds = vec!["received".to_owned()];
        kinds.extend(orders.paid.contains(id).then(|| "receipt".to_owned()));
        kinds.extend((order.stage == OrderStage::Shipped).then(|| "shipped".to_owned()));
        kinds.extend((order.stage == OrderStage::Cancelled).then(|| "cancelled".to_owned()));
        kinds.extend(back.of_order(id).iter().map(|refund| format!("refunded/{}", refund.refund_id)));
        for kind in kinds {
            let message_id = format!("<{id}.{}@shop.example.com>", kind.replace('/', "."));
            let is_letter = letters.contains(&(id.clone(), kind.clone()));
            match sent.remove(&message_id) {
                Some(copies) if is_refused(world, &order.user_id) => {
                    world.violation(format!("mail {message_id} reached nobody {} times", copies.len()));
                }
                None if is_letter && is_refused(world, &order.user_id) => {}
                Some(copies) => copies_are_excused(world, &claim_of(id.as_str(), &kind), &copies),
                None => world.violation(format!("mail {message_id} was never sent")),
            }
        }
    }
    for (id, copies) in sent {
        world.violation(format!("mail {id} went out {} times and nobody asked for it", copies.len()));
    }
}

/// The mails that are dead letters.
fn letters(world: &World) -> BTreeSet<(OrderId, String)> {
    let queue = world.infra.memory_queue(&queues::NOTIFICATION.dead_letters());
    let letters: Vec<_> = queue.messages().into_iter().chain(queue.dropped()).collect();
    letters
        .iter()
        .filter_map(|letter| mail_of(world, &letter.body))
        .map(|mail| (mail.order_id.clone(), mail.which()))
        .collect()
}

/// What a claim's lease has to spare beyond the longest attempt.
const SPARE: Duration = Duration::from_secs(10);

/// A second copy is excused by what befell the sender of the first between the server's 250 and the record: the 250 was
/// lost, or the record, or the sender. Once a mail is recorded nothing excuses another copy.
fn copies_are_excused(world: &World, claim: &str, copies: &[Mail]) {
    let recorded = world.mail_recorded(claim);
    for pair in copies.windows(2) {
        let [first, second] = pair else { continue };
        let (id, from, to) = (&first.message_id, first.at, second.at);
        // It was on its way before the other, or the record: its sender gave it up and went on.
        if second.late {
            continue;
        }
        // A claim ends by the clock of whoever looks at it; a lease has ten seconds to spare.
        let since = from.saturating_sub(LEASE);
        let apart = world.clock_ahead(second.process, first.process, since, to);
        let apart = apart.max(world.clock_ahead(first.process, second.process, since, to));
        if recorded.is_some_and(|at| at < to && (apart <= SPARE || at + LEASE < to)) {
            world.violation(format!("mail {id} went out at {to:?} and was recorded at {recorded:?}"));
        } else if apart <= SPARE && !world.fault_log.befell(first.sender, &[id, claim], from, to) {
            world.violation(format!("mail {id} went out at {from:?} and {to:?} without a fault between"));
        }
    }
}

//! Why an order is where it is.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::web;
use shotengai_contracts::api::ops::explanations::Explanation;
use shotengai_contracts::api::ops::street::{Street, Unknown};
use shotengai_contracts::topology::QueueSpec;
use shotengai_dead_letters::{Bounds, Letter, Sample, route};
use shotengai_kernel::OrderId;
use shotengai_messaging::Fault;
use shotengai_messaging::receipts::{order_in, order_in_record};
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{AdminCaller, PathId, Problem};
use tokio::time::timeout;

use super::Desk;
use super::letters::undropped;
use crate::explain::gather::{Ahead, Kept, unheld, unknown};
use crate::explain::{Awaited, Facts, Seen, SeenLetter, awaited, explain};

/// So many letters of a queue are looked at for an order's.
const LOOKED_AT: usize = 200;
/// How long that may take.
const LOOKED_WITHIN: Duration = Duration::from_secs(2);
/// When a queue is given up that does not answer: four of them, one after the other, within what the door waits.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(3);
/// What could not be looked at, as a part of the street.
const LETTERS: &str = "dead letters";

pub(super) async fn explanation(_: AdminCaller, order: PathId<OrderId>, desk: web::Data<Desk>) -> Answer<Explanation> {
    let kept = desk.gather.kept(&order).await?;
    let open = awaited(&kept.facts);
    let seen = if open.is_empty() { desk.nothing() } else { desk.seen(&order, &kept, &open).await };
    let mut explanation = explain(&order, &kept.facts, &seen).ok_or_else(|| none(&order))?;
    explanation.unknown.extend(unread(&kept.facts));
    Ok(Reply::ok(explanation))
}

fn none(order: &OrderId) -> Problem {
    Problem::not_found(format!("there is no order {order}"))
}

/// Events that this release can't read may say more.
fn unread(facts: &Facts) -> Option<Unknown> {
    (facts.unread > 0).then(|| unknown("events", format!("{} are of a newer release than this", facts.unread)))
}

impl Desk {
    /// Nobody is awaited, so nobody is asked.
    fn nothing(&self) -> Seen {
        let street = Street { at: self.ports.clock.now(), ..Street::default() };
        Seen { street, ..Seen::default() }
    }

    /// All that is looked at for an order of which something is awaited.
    async fn seen(&self, order: &OrderId, kept: &Kept, open: &[Awaited<'_>]) -> Seen {
        let (street, shards, marked) =
            tokio::join!(self.street.but_stores(), self.street.shard_states(), self.gather.marked(kept, open));
        let shards = shards.good.as_deref().map(Vec::as_slice).unwrap_or_default();
        let mut missing = Vec::new();
        let marked = marked.unwrap_or_else(|fault| {
            missing.push(unknown("stores", fault));
            BTreeSet::new()
        });
        let (mut ahead, mut letters) = (Ahead::default(), Vec::new());
        if let Some(_turn) = self.gather.turn().await {
            ahead = self.gather.ahead(shards, open).await;
            for queue in queues_of(open) {
                match self.letters_about(order, &kept.facts, &street, queue).await {
                    Ok((found, rest)) => {
                        letters.extend(found);
                        missing.extend(rest);
                    }
                    Err(why) => missing.push(unknown(LETTERS, why)),
                }
            }
        } else {
            missing.push(unknown(LETTERS, "others look at the same time"));
        }
        Seen {
            street,
            all_processes: self.street.asks_all(),
            is_captured: self.gather.is_captured,
            marked,
            ahead: ahead.found,
            is_searched: ahead.is_whole,
            unheld: unheld(shards),
            letters,
            unknown: missing,
        }
    }

    /// Letters of this queue about an order, and what of the queue was not seen.
    async fn letters_about(
        &self,
        order: &OrderId,
        facts: &Facts,
        street: &Street,
        queue: &QueueSpec,
    ) -> Result<(Vec<SeenLetter>, Option<Unknown>), String> {
        let dead_letters = queue.dead_letters();
        if count(street, &dead_letters) == Some(0) {
            return Ok((Vec::new(), None));
        }
        self.runs.free(&dead_letters).map_err(|_| format!("a run is at {dead_letters}"))?;
        let route = route(&self.installation, &dead_letters).map_err(|error| error.to_string())?;
        let bounds = Bounds { sample_within: LOOKED_WITHIN, ..Bounds::default() };
        let opened = self.open(&route).with_bounds(bounds);
        // It goes on by itself when it is not waited for.
        let looked = undropped(async move { opened.sample(LOOKED_AT).await });
        let sample: Result<Sample, Fault> =
            timeout(GIVEN_UP_AFTER, looked).await.map_err(|_| format!("{dead_letters} does not answer"))?;
        let Sample { depth, letters, complete, .. } = sample.map_err(|fault| format!("{dead_letters}: {fault}"))?;
        let seen = letters.len();
        let about = letters.iter().map(|letter| seen_letter(&dead_letters, letter));
        let about: Vec<_> = about.filter(|letter| is_about(letter, order, facts)).collect();
        let rest = (!complete && about.is_empty())
            .then(|| unknown(LETTERS, format!("{dead_letters} has {depth}, and {seen} were looked at")));
        Ok((about, rest))
    }
}

/// The queues whose letters matter, each once.
fn queues_of<'a>(open: &[Awaited<'_>]) -> Vec<&'a QueueSpec> {
    let mut queues: Vec<&QueueSpec> = open.iter().flat_map(Awaited::letter_queues).collect();
    queues.sort_unstable_by_key(|queue| queue.name);
    queues.dedup_by_key(|queue| queue.name);
    queues
}

/// How many letters a queue has, if the queues could be asked.
fn count(street: &Street, dead_letters: &str) -> Option<u64> {
    let of_queues = street.queues.iter().map(|queue| (&queue.dead_letter_queue, queue.dead_letters));
    let aside = street.set_aside.iter().map(|aside| (&aside.dead_letter_queue, aside.dead_letters));
    of_queues.chain(aside).find(|(name, _)| *name == dead_letters).map(|(_, count)| count)
}

fn seen_letter(queue: &str, letter: &Letter) -> SeenLetter {
    SeenLetter {
        queue: queue.to_owned(),
        id: letter.message_id.clone(),
        reason: letter.facts.reason.clone(),
        error: letter.covered_error().into_owned(),
        event: letter.heading.as_ref().map(|heading| (heading.subject.clone(), heading.version)),
        order: order_in(&letter.body).or_else(|| order_in_record(letter.body.as_bytes())),
        since: letter.seen_at(),
    }
}

fn is_about(letter: &SeenLetter, order: &OrderId, facts: &Facts) -> bool {
    let mut all = facts.order.iter().chain(&facts.reservation).chain(&facts.payment);
    letter.order.as_ref() == Some(order) || all.any(|fact| letter.holds(fact))
}

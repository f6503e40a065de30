//! Somebody who sends back what the topic could not deliver, and looks after orders that letters tell of: by the library
//! that the command line uses, at the end of a line of their own. Calls fail, and they die, as others do.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::{Installation, QueueSpec, SHOTENGAI, Service, queues};
use shotengai_contracts::{Envelope, Metadata, Owner};
use shotengai_dead_letters::{Bounds, DeadLetters, Filter, Job, UNDELIVERED, Watch, route};
use shotengai_kernel::{AggregateId, OrderId, Timestamp, Version};
use shotengai_messaging::dead_letter::DEAD_LETTER_ATTRIBUTE;
use shotengai_messaging::outbox::{Republish, Republished};
use shotengai_messaging::{EventStore, OutboxConfig, Publisher};
use shotengai_order::OrderSettings;
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::reasons::NOT_CAPTURED;
use shotengai_runtime::Supply;

use crate::invariants::is_said;
use crate::mishap::Mishap;
use crate::network::Network;
use crate::ports::NetworkedInfrastructure;
use crate::world::World;

/// Who this is among the processes: none of them.
pub(crate) const NOBODY: usize = usize::MAX;
/// Why an older release sets an event aside that only a newer one has.
const UNKNOWN_TYPE: &str = "unknown_type";
/// How long it takes to upgrade processes one after the other; one that drains longer meets its letters again.
const UPGRADED_WITHIN: Duration = Duration::from_secs(20);
/// How soon a letter that a run has held when it died comes again; an operator waits longer.
const VISIBILITY: Duration = Duration::from_secs(60);

/// The queues whose dead letters hold some without a reason, which are the topic's alone: a queue moves what it has
/// delivered fifty times, and no history here has as many deaths of consumers over one message.
pub(crate) fn undelivered(world: &World) -> Vec<&'static QueueSpec> {
    let holds = |spec: &&'static QueueSpec| {
        let letters = world.infra.memory_queue(&spec.dead_letters()).messages();
        let mut silent =
            letters.iter().filter(|letter| !letter.attributes.contains_key(DEAD_LETTER_ATTRIBUTE)).peekable();
        let any = silent.peek().is_some();
        for letter in silent.filter(|letter| !world.ways.was_undelivered(&letter.body, spec.name)) {
            world.violation(format!("{} moved a message by itself: {}", spec.name, letter.body));
        }
        any
    };
    SHOTENGAI.subscribed_queues().filter(holds).collect()
}

/// The queues whose dead letters hold some of a type that their consumer's release did not know.
pub(crate) fn unknown(world: &World) -> Vec<&'static QueueSpec> {
    let holds = |spec: &&'static QueueSpec| {
        let letters = world.infra.memory_queue(&spec.dead_letters()).messages();
        letters.iter().any(|letter| is_said(letter, UNKNOWN_TYPE))
    };
    SHOTENGAI.consumed_queues().chain([&queues::BRIDGE_DEAD_LETTERS]).filter(holds).collect()
}

/// Redrives for as long as it is polled.
pub(crate) async fn redrive(world: Arc<World>) {
    let mut network = Network::new(Arc::clone(&world), "operator", NOBODY);
    loop {
        tokio::time::sleep(Duration::from_millis(10_000 + world.below(20_000))).await;
        if network.is_dead() {
            network = Network::new(Arc::clone(&world), "operator", NOBODY);
        }
        world.day().await;
        let waits = world.plan.absence.is_some_and(|it| it.leaves_letters && world.elapsed() < it.morning);
        let work = async {
            publish_again(&network).await;
            for queue in undelivered(&world).into_iter().filter(|_| !waits) {
                redrive_from(&network, queue, UNDELIVERED).await;
            }
            // Those who are not upgraded yet would set it aside again.
            if world.plan.new_type.is_some_and(|(_, upgraded)| world.elapsed() > upgraded + UPGRADED_WITHIN) {
                for queue in unknown(&world) {
                    redrive_from(&network, queue, UNKNOWN_TYPE).await;
                }
            }
            let overdue = overdue(&world);
            for order in &overdue {
                look_after(&network, order).await;
            }
            if !overdue.is_empty() {
                world.count(Mishap::ToldOfOverdue);
                redrive_from(&network, &queues::ORDER_DEADLINE, NOT_CAPTURED.word).await;
            }
        };
        tokio::select! {
            biased;
            () = network.died() => {}
            () = work => {}
        }
    }
}

/// Publishes everything again, if something was lost that nobody else brings back: all of it, since orders wait for what
/// came long before. Another round repeats what fails.
async fn publish_again(network: &Network) {
    let (world, ports) = (network.world(), network.world().ports(NOBODY, network.life()));
    let lost = world.owed_to_consumers();
    if lost == 0 {
        return;
    }
    let infra = NetworkedInfrastructure(network.clone());
    let mut refused = 0;
    for owner in Owner::ALL {
        let publisher = Publisher::republisher(&infra, owner, OutboxConfig::default(), ports.clone());
        let what = Republish {
            between: Timestamp::UNIX_EPOCH..ports.clock.now(),
            dry_run: false,
            per_second: pace(world),
            wanted: &|_| true,
            progress: &|_| {},
        };
        let mut report = Republished::default();
        if publisher.republish(&what, &mut report).await.is_err() {
            return;
        }
        refused += report.refused;
    }
    if refused == 0 {
        world.days.publish_again(lost);
        world.count(Mishap::PublishedAgain);
        world.note(network.name(), || format!("published everything again, since {lost} were lost"));
    }
}

/// Events that an operator publishes again in a second: no more than a third of what the stream or the topic takes, so that what
/// happens meanwhile has its room. Faster, each round is throttled in part, comes again, and brings more copies than ever get through.
fn pace(world: &World) -> u32 {
    let taken = world.plan.limits.map(|limits| limits.stream.min(limits.topic) / 3);
    taken.map_or(400, |taken| u32::try_from(taken.max(1)).unwrap_or(400))
}

/// The orders that letters say are confirmed for too long.
pub(crate) fn overdue(world: &World) -> Vec<OrderId> {
    let letters = world.infra.memory_queue(&queues::ORDER_DEADLINE.dead_letters()).messages();
    let told = letters.iter().filter(|letter| is_said(letter, NOT_CAPTURED.word));
    told.filter_map(|letter| OrderId::parse(Envelope::from_json(letter.body.as_bytes()).ok()?.subject.as_str()).ok())
        .collect()
}

/// Cancels an order whose confirmation will never come to billing; any other goes on by itself.
async fn look_after(network: &Network, order: &OrderId) {
    let (world, ports) = (network.world(), network.world().ports(NOBODY, network.life()));
    let commits = world.infra.memory_event_store(Owner::Order).load(&AggregateId::from(order), Version::ZERO).await;
    let events: Vec<_> = commits.unwrap_or_default().into_iter().flat_map(|commit| commit.events).collect();
    let is_discarded =
        |event: &Envelope| world.ways.of(event.id).stops.get(queues::BILLING.name).is_some_and(|stop| stop.discarded);
    if !events.iter().any(is_discarded) {
        return;
    }
    world.request_ledger.ask_to_cancel(order);
    let supply = Supply::new(Arc::new(NetworkedInfrastructure(network.clone())), ports.clone());
    let orders = shotengai_order::assemble(supply.deps(Service::ORDER), &OrderSettings::default()).orders;
    let wish = CancelOrder { order_id: order.clone(), owner: None, note: None };
    let done = cancel_order(&orders, wish, &Metadata::request(ports.ids.uuid_v7(), None)).await;
    world.note(network.name(), || format!("cancels {order}: {}", done.is_ok()));
}

async fn redrive_from(network: &Network, queue: &QueueSpec, reason: &str) {
    let (world, queue) = (network.world(), queue.dead_letters());
    let Ok(route) = route(&Installation::default(), &queue) else {
        return world.violation(format!("nobody knows where letters of {queue} belong"));
    };
    let infra = NetworkedInfrastructure(network.clone());
    let bounds = Bounds { visibility: VISIBILITY, ..Bounds::default() };
    let letters = DeadLetters::open(&infra, &route, world.ports(NOBODY, network.life())).with_bounds(bounds);
    let filter = Filter { reason: Some(reason.to_owned()), ..Filter::default() };
    let report = letters.redrive(&Job { filter, ..Job::default() }, &Watch::default()).await;
    if report.settled > 0 {
        world.count(Mishap::Redriven);
        world.note(network.name(), || format!("sent {} letters back from {queue}", report.settled));
    }
}

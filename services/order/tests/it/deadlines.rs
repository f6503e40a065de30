use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shotengai_contracts::events::{CancelReason, OrderStage};
use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::OrderId;
use shotengai_kit::role;
use shotengai_messaging::{Condition, Consumer, Delivery, Disposition, FaultKind, Message, Queue, Table};
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::orders::ship::ship_order;
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::{FaultInjector, InjectedFault, NoFaults};

use crate::saga::{authorized, captured, placed, stock_reserved};
use crate::support::{World, request};

const SECOND: Duration = Duration::from_secs(1);

/// What happens to the next sends of reminders.
#[derive(Default)]
struct Sends {
    next: Mutex<Vec<InjectedFault>>,
    count: Mutex<usize>,
}

impl FaultInjector for Sends {
    fn before(&self, _: &'static str) -> Option<InjectedFault> {
        None
    }

    fn before_on(&self, operation: &'static str, resource: &str) -> Option<InjectedFault> {
        if operation != "queue.send" || resource != queues::ORDER_DEADLINE.name {
            return None;
        }
        *self.count.lock().unwrap() += 1;
        self.next.lock().unwrap().pop()
    }
}

/// A world in paused time.
fn world(timeout: Duration, faults: Arc<dyn FaultInjector>) -> World {
    World::over(paused_ports(1), timeout, faults)
}

fn consumer(world: &World) -> Arc<Consumer> {
    role::consumer(&world.role, &queues::ORDER_DEADLINE)
}

/// The order's `OrderPlaced` as it comes from the topic.
async fn placement(world: &World, order: &OrderId) -> Delivery {
    Delivery::of(world.commits(order).await.remove(0).events[0].clone()).unwrap()
}

async fn three_placements(world: &World) -> Vec<Delivery> {
    let mut batch = Vec::new();
    for _ in 0..3 {
        let order = placed(world).await;
        batch.push(placement(world, &order).await);
    }
    batch
}

/// How many reminders of each order are in the queue.
fn reminded(world: &World) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for message in world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name).messages() {
        let envelope = shotengai_contracts::Envelope::from_json(message.body.as_bytes()).unwrap();
        *found.entry(envelope.subject.to_string()).or_default() += 1;
    }
    found
}

fn outcomes(answers: &[Disposition]) -> Vec<&'static str> {
    answers.iter().map(Disposition::outcome).collect()
}

/// Places an order, lets its reminders come, and answers how long after the placement it was cancelled.
async fn cancelled_after(world: &World) -> Duration {
    let order = placed(world).await;
    let placement = placement(world, &order).await;
    assert_eq!(world.handler.handle(&[placement]).await, [Disposition::Done]);
    let consumer = consumer(world);
    while world.order(&order).await.placed().unwrap().stage == OrderStage::Pending {
        consumer.step(20 * SECOND).await.unwrap();
    }
    let state = world.order(&order).await;
    assert_eq!(state.placed().unwrap().cancel_reason, Some(CancelReason::DeadlineExceeded));
    assert_eq!(world.installation.infra.leftovers().iter().filter(|left| left.contains("queue")).count(), 0);
    let events: Vec<_> = world.commits(&order).await.into_iter().flat_map(|commit| commit.events).collect();
    let [placed, cancelled] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(cancelled.causationid, placed.id.uuid());
    Duration::try_from(cancelled.time.duration_since(placed.time)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_order_that_hears_nothing_is_cancelled_at_its_deadline() {
    let after = cancelled_after(&world(900 * SECOND, Arc::new(NoFaults))).await;
    assert!((900 * SECOND..901 * SECOND).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_what_a_queue_can_delay_takes_several_reminders() {
    let sends = Arc::new(Sends::default());
    let after = cancelled_after(&world(2000 * SECOND, Arc::clone(&sends) as _)).await;
    assert!((2000 * SECOND..2003 * SECOND).contains(&after), "{after:?}");
    assert_eq!(*sends.count.lock().unwrap(), 3, "900 s, 900 s and the rest");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_is_the_placement_as_it_came() {
    let world = world(900 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    let mut envelope = (*placement(&world, &order).await.envelope).clone();
    envelope.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    let placement = Delivery::of(envelope.clone()).unwrap();
    assert_eq!(world.handler.handle(std::slice::from_ref(&placement)).await, [Disposition::Done]);
    tokio::time::advance(100 * SECOND).await;
    assert_eq!(world.deadlines.handle(&[placement]).await, [Disposition::Done], "sent again, being early");
    let queue = world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name);
    assert_eq!(queue.depth_now().delayed, 2);
    for reminder in queue.messages() {
        assert_eq!(reminder.body, envelope.to_json());
        assert_eq!(reminder.attributes.get("traceparent"), envelope.traceparent.as_ref());
        assert_eq!(reminder.attributes["event_type"], "OrderPlaced");
    }
    tokio::time::advance(799 * SECOND).await;
    assert_eq!(queue.depth_now().delayed, 2);
    tokio::time::advance(SECOND).await;
    assert_eq!(queue.depth_now().visible, 2, "both come at the deadline");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_keeps_what_nobody_here_knows_byte_by_byte_however_often_it_is_sent() {
    let world = world(2000 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    let placement = placement(&world, &order).await;
    let strange = placement.body.replacen('{', "{ \"shelf\": 1.50,  \"zone\":\"\\u6771\",", 1);
    let placement = Delivery { body: strange.as_str().into(), ..placement };
    assert_eq!(world.handler.handle(&[placement]).await, [Disposition::Done]);
    let queue = world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name);
    let bodies = || queue.messages().into_iter().map(|reminder| reminder.body).collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(bodies(), std::slice::from_ref(&strange));
        tokio::time::advance(900 * SECOND).await;
        assert_eq!(consumer(&world).step(Duration::ZERO).await.unwrap(), 1, "read from the queue, and sent again");
    }
    assert_eq!(bodies(), [strange]);
}

#[tokio::test(start_paused = true)]
async fn a_placement_that_is_handled_after_the_deadline_is_reminded_of_at_once() {
    let world = world(5 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    tokio::time::advance(60 * SECOND).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    assert_eq!(world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name).depth_now().visible, 1);
    assert_eq!(consumer(&world).step(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn reminders_that_come_together_and_again_cancel_once() {
    let world = world(SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    let reminder = placement(&world, &order).await;
    tokio::time::advance(SECOND).await;
    let (two, one) = ([reminder.clone(), reminder.clone()], [reminder.clone()]);
    let (a, b) = futures::join!(world.deadlines.handle(&two), world.deadlines.handle(&one));
    assert_eq!([a, b, world.deadlines.handle(&two).await].concat(), vec![Disposition::Done; 5]);
    assert_eq!(world.event_types(&order).await, ["OrderPlaced", "OrderCancelled"]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_went_on_is_left_alone_by_its_deadline() {
    let world = world(SECOND, Arc::new(NoFaults));
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(placed(&world).await);
    }
    let [confirmed, paid, shipped, cancelled] = orders.as_slice() else { panic!("{orders:?}") };
    for order in [confirmed, paid, shipped] {
        let signal = [stock_reserved(11, order), authorized(12, order)];
        assert_eq!(world.handler.handle(&signal).await, vec![Disposition::Done; 2]);
    }
    for order in [paid, shipped] {
        assert_eq!(world.handler.handle(&[captured(13, order)]).await, [Disposition::Done]);
    }
    let wanted = CancelOrder { order_id: cancelled.clone(), owner: None, note: None };
    ship_order(&world.orders, shipped, &request()).await.unwrap();
    cancel_order(&world.orders, wanted, &request()).await.unwrap();
    tokio::time::advance(60 * SECOND).await;
    let stages = [OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped, OrderStage::Cancelled];
    for (order, stage) in orders.iter().zip(stages) {
        let before = world.event_types(order).await;
        assert_eq!(world.deadlines.handle(&[placement(&world, order).await]).await, [Disposition::Done]);
        assert_eq!(world.event_types(order).await, before);
        assert_eq!(world.order(order).await.placed().unwrap().stage, stage);
    }
    let state = world.order(cancelled).await;
    assert_eq!(state.placed().unwrap().cancel_reason, Some(CancelReason::CustomerRequest));
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_the_queue_refuses_brings_its_own_message_back_and_no_other() {
    let sends = Arc::new(Sends::default());
    let world = world(900 * SECOND, Arc::clone(&sends) as _);
    let batch = three_placements(&world).await;
    for handler in [&world.handler, &world.deadlines] {
        world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name).purge();
        sends.next.lock().unwrap().push(InjectedFault::FailEntries);
        let answers = outcomes(&handler.handle(&batch).await);
        assert!(answers.contains(&"unavailable"), "{answers:?}");
        let reminded = reminded(&world);
        for (delivery, answer) in batch.iter().zip(answers) {
            let sent = reminded.contains_key(delivery.envelope.subject.as_str());
            assert_eq!(answer, if sent { "done" } else { "unavailable" });
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_settled_when_the_queue_is_away_or_its_answer_is_lost() {
    let sends = Arc::new(Sends::default());
    let world = world(900 * SECOND, Arc::clone(&sends) as _);
    let batch = three_placements(&world).await;
    for fault in [InjectedFault::Refuse(FaultKind::Transient), InjectedFault::LoseAnswer] {
        sends.next.lock().unwrap().push(fault);
        assert_eq!(outcomes(&world.handler.handle(&batch).await), ["unavailable"; 3]);
    }
    assert_eq!(world.handler.handle(&batch).await, vec![Disposition::Done; 3]);
    assert!(
        reminded(&world).values().all(|count| *count == 2),
        "sent twice by the lost answer: {:?}",
        reminded(&world)
    );
}

#[tokio::test(start_paused = true)]
async fn each_reminder_of_a_batch_is_answered_in_its_place() {
    let world = world(60 * SECOND, Arc::new(NoFaults));
    let old = placed(&world).await;
    tokio::time::advance(60 * SECOND).await;
    let young = placed(&world).await;
    let mut nobodys = (*placement(&world, &old).await.envelope).clone();
    nobodys.data["order_id"] = "ord_x".into();
    let batch = [
        placement(&world, &young).await,
        stock_reserved(11, &old),
        Delivery::of(nobodys).unwrap(),
        placement(&world, &old).await,
    ];
    let answers = world.deadlines.handle(&batch).await;
    assert_eq!(outcomes(&answers), ["done", "reject", "retry", "done"], "{answers:?}");
    assert_eq!(reminded(&world), BTreeMap::from([(young.to_string(), 1)]));
    assert_eq!(world.order(&old).await.placed().unwrap().stage, OrderStage::Cancelled);
    assert_eq!(world.order(&young).await.placed().unwrap().stage, OrderStage::Pending);
}

/// Lets reminders come for so long, and answers how many were received.
async fn steps(world: &World, time: Duration) -> usize {
    let (consumer, until) = (consumer(world), tokio::time::Instant::now() + time);
    let mut received = 0;
    while tokio::time::Instant::now() < until {
        received += consumer.step(20 * SECOND).await.unwrap();
    }
    received
}

#[tokio::test(start_paused = true)]
async fn copies_of_a_placement_are_one_chain_of_reminders_after_the_first() {
    let world = world(3 * 24 * 3600 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    let first = placement(&world, &order).await;
    // Messages of their own, as a sweeper's copies are; the last one comes hours later.
    let copy = |n: u32| Delivery { message_id: format!("copy {n}"), ..first.clone() };
    for n in 0..6 {
        assert_eq!(world.handler.handle(&[copy(n)]).await, [Disposition::Done]);
        tokio::time::advance(7 * SECOND).await;
    }
    assert_eq!(reminded(&world)[order.as_str()], 6, "at first each copy has a reminder of its own");
    steps(&world, 1000 * SECOND).await;
    assert_eq!(reminded(&world)[order.as_str()], 1, "then there is one");
    steps(&world, 5 * 3600 * SECOND).await;
    world.handler.handle(&[copy(7)]).await;
    assert_eq!(reminded(&world)[order.as_str()], 2);
    steps(&world, 1000 * SECOND).await;
    assert_eq!(reminded(&world)[order.as_str()], 1);
    let rest = steps(&world, 3 * 24 * 3600 * SECOND).await;
    assert!((200..290).contains(&rest), "a reminder in a quarter of an hour: {rest}");
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Cancelled);
    assert_eq!(world.event_types(&order).await, ["OrderPlaced", "OrderCancelled"]);
}

#[tokio::test(start_paused = true)]
async fn somebody_is_told_of_an_order_that_is_confirmed_for_too_long() {
    let world = world(900 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    // Copies of the placement: one of them tells.
    for _ in 0..3 {
        world.handler.handle(&[placement(&world, &order).await]).await;
    }
    world.handler.handle(&[stock_reserved(11, &order), authorized(12, &order)]).await;
    let (infra, before) = (&world.installation.infra, world.event_types(&order).await);
    let letters = infra.memory_queue(&queues::ORDER_DEADLINE.dead_letters());

    let received = steps(&world, 6 * 3600 * SECOND - 60 * SECOND).await;
    assert!((25..28).contains(&received), "a reminder in a quarter of an hour: {received}");
    assert!(letters.messages().is_empty());
    steps(&world, 120 * SECOND).await;
    let told = letters.messages();
    let [letter] = told.as_slice() else { panic!("{told:?}") };
    let facts: serde_json::Value = serde_json::from_str(&letter.attributes["dead_letter"]).unwrap();
    assert_eq!((facts["reason"].as_str(), facts["consumer"].as_str()), (Some("not_captured"), Some("order-deadline")));
    assert!(letter.body.contains(order.as_str()));
    assert_eq!(reminded(&world), BTreeMap::new());
    assert_eq!(world.event_types(&order).await, before, "nothing is decided by a clock");

    // Sent back, it looks again: told once more, until billing has spoken.
    let again = placement(&world, &order).await;
    assert_eq!(outcomes(&world.deadlines.handle(std::slice::from_ref(&again)).await), ["reject"]);
    world.handler.handle(&[captured(13, &order)]).await;
    assert_eq!(outcomes(&world.deadlines.handle(&[again]).await), ["done"]);
    letters.purge();
}

#[tokio::test(start_paused = true)]
async fn an_order_may_be_confirmed_for_as_long_as_it_may_be_pending() {
    let world = world(8 * 3600 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    world.handler.handle(&[stock_reserved(11, &order), authorized(12, &order)]).await;
    let letters = world.installation.infra.memory_queue(&queues::ORDER_DEADLINE.dead_letters());
    steps(&world, 8 * 3600 * SECOND - 60 * SECOND).await;
    assert!(letters.messages().is_empty());
    steps(&world, 120 * SECOND).await;
    assert_eq!(letters.messages().len(), 1);
    letters.purge();
}

#[tokio::test(start_paused = true)]
async fn the_chain_of_an_order_that_went_on_ends_at_its_next_step() {
    let world = world(3 * 24 * 3600 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    world.handler.handle(&[stock_reserved(11, &order), authorized(12, &order)]).await;
    world.handler.handle(&[captured(13, &order)]).await;
    assert_eq!(steps(&world, 4 * 900 * SECOND).await, 1);
    assert_eq!(reminded(&world), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn no_fault_between_asking_and_sending_ends_a_chain() {
    let sends = Arc::new(Sends::default());
    let world = world(3600 * SECOND, Arc::clone(&sends) as _);
    let order = placed(&world).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    for fault in [InjectedFault::Refuse(FaultKind::Transient), InjectedFault::LoseAnswer] {
        sends.next.lock().unwrap().push(fault);
        steps(&world, 1200 * SECOND).await;
        assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Pending);
        assert!(reminded(&world)[order.as_str()] >= 1, "{fault:?}");
    }
    steps(&world, 1300 * SECOND).await;
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Cancelled);
    assert_eq!(reminded(&world), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_comes_back_from_the_dead_letters_goes_on() {
    let world = world(7200 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    let placement = placement(&world, &order).await;
    world.handler.handle(std::slice::from_ref(&placement)).await;
    let queue = world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name);
    let sent = queue.messages().remove(0);
    queue.purge();
    let attributes = Arc::new(sent.attributes);
    // It asked, and was given up on before it had sent; as a new message it is the same reminder.
    for id in ["first", "redriven"] {
        let reminder = Delivery { message_id: id.to_owned(), attributes: Arc::clone(&attributes), ..placement.clone() };
        queue.purge();
        assert_eq!(world.deadlines.handle(&[reminder]).await, [Disposition::Done]);
        assert_eq!(reminded(&world)[order.as_str()], 1, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reminder_of_an_older_release_goes_before_the_others() {
    let world = world(3600 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    steps(&world, 1000 * SECOND).await;
    // An older process took the reminder off and sent it without its number.
    world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name).purge();
    assert_eq!(world.deadlines.handle(&[placement(&world, &order).await]).await, [Disposition::Done]);
    assert_eq!(reminded(&world)[order.as_str()], 1);
    steps(&world, 2700 * SECOND).await;
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn chains_whose_row_is_gone_go_on_and_become_one_again() {
    let world = world(7200 * SECOND, Arc::new(NoFaults));
    let order = placed(&world).await;
    world.handler.handle(&[placement(&world, &order).await]).await;
    steps(&world, 1000 * SECOND).await;
    let queue = world.installation.infra.memory_queue(queues::ORDER_DEADLINE.name);
    let sent = queue.messages().remove(0);
    let mut other = Message { body: sent.body, attributes: sent.attributes, ..Message::default() };
    let mark = other.attributes["reminder"].clone();
    other.attributes.insert("reminder".to_owned(), format!("{mark}0"));
    let refused: Vec<_> = queue.send(&[other]).await.unwrap().into_iter().filter(Result::is_err).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(reminded(&world)[order.as_str()], 2);

    // It expired, or is of a release that kept it in another table.
    let table = world.installation.infra.memory_table(tables::ORDER_PENDING.name);
    let rows: Vec<_> = table.all().into_iter().filter(|row| row.key.pk == format!("reminders/{order}")).collect();
    assert_eq!(rows.len(), 1, "{:?}", table.all());
    table.delete(&rows[0].key, Condition::Any).await.unwrap();
    steps(&world, 1000 * SECOND).await;
    assert_eq!(reminded(&world)[order.as_str()], 1);
    steps(&world, 5300 * SECOND).await;
    assert_eq!(world.order(&order).await.placed().unwrap().stage, OrderStage::Cancelled);
    let intents = world.installation.infra.memory_table(tables::PAYMENT_INTENTS.name).all();
    assert!(intents.iter().all(|row| !row.key.pk.starts_with("reminders/")), "{intents:?}");
}

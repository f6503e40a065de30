//! Orders that nobody placed, as they lie on `tally-queue` when they were paid: put at a steady pace.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use shotengai_contracts::events::{OrderItem, OrderPaid};
use shotengai_contracts::topology::queues;
use shotengai_contracts::{Envelope, Event, Metadata};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, Ports, ProductId, Quantity, UserId, Version,
};
use shotengai_messaging::ports::queue::QUEUE_MAX_BATCH;
use shotengai_messaging::{Infrastructure, Message, Queue};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::test_cluster::TestCluster;

/// Requests under way at once: the pace does not wait for one that takes longer.
const AT_ONCE: usize = 4;
const RIVALS: [(&str, &str); 2] = [("prod_kinoko", "きのこの山"), ("prod_takenoko", "たけのこの里")];

/// Puts paid orders on the queue, each of one to three pieces of one rival.
pub(super) struct Orders {
    queue: Arc<dyn Queue>,
    ports: Ports,
    put: usize,
    pieces: i64,
}

impl Orders {
    pub(super) fn onto(cluster: &TestCluster) -> Self {
        Self { queue: cluster.aws.queue(queues::TALLY.name), ports: Ports::system(), put: 0, pieces: 0 }
    }

    /// How many pieces all orders put so far have.
    pub(super) const fn pieces(&self) -> i64 {
        self.pieces
    }

    /// Puts as many a second, in full batches, for so many whole seconds; answers how many, and how long it took.
    pub(super) async fn put(&mut self, a_second: u32, over: Duration) -> (usize, Duration) {
        let (first, began, queue) = (self.put, Instant::now(), Arc::clone(&self.queue));
        let batches = usize::try_from(u64::from(a_second) * over.as_secs()).unwrap() / QUEUE_MAX_BATCH;
        let mut beat = interval(Duration::from_secs(1) * u32::try_from(QUEUE_MAX_BATCH).unwrap() / a_second);
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let paced = futures::stream::unfold((beat, batches, &mut *self), |(mut beat, left, orders)| async move {
            let left = left.checked_sub(1)?;
            beat.tick().await;
            let batch: Vec<_> = (0..QUEUE_MAX_BATCH).map(|_| orders.next()).collect();
            Some((batch, (beat, left, orders)))
        });
        let sends = paced.map(|batch| async {
            let batch = batch;
            for sent in queue.send(&batch).await.unwrap() {
                sent.unwrap();
            }
        });
        sends.buffer_unordered(AT_ONCE).collect::<()>().await;
        (self.put - first, began.elapsed())
    }

    fn next(&mut self) -> Message {
        let number = self.put;
        self.put += 1;
        let pieces = u32::try_from(number % 3).unwrap() + 1;
        self.pieces += i64::from(pieces);
        let (id, name) = RIVALS[number / 3 % RIVALS.len()];
        let price = Money::from_minor(200, Currency::JPY).unwrap();
        let item = OrderItem {
            product_id: ProductId::parse(id).unwrap(),
            name: name.to_owned(),
            names: Names::default(),
            quantity: Quantity::new(pieces).unwrap(),
            price,
        };
        let order_id = OrderId::parse(&format!("ord_crowd{number}")).unwrap();
        let (subject, user_id) = (AggregateId::from(&order_id), UserId::parse("usr_1").unwrap());
        let total = Money::from_minor(200 * i64::from(pieces), Currency::JPY).unwrap();
        let event = Event::from(OrderPaid { order_id, user_id, items: vec![item], total });
        let (id, meta) = (EventId::new(self.ports.ids.uuid_v7()), Metadata::request(self.ports.ids.uuid_v7(), None));
        let envelope = Envelope::wrap(id, self.ports.clock.now(), subject, Version::new(3), &meta, &event);
        let attributes = [("event_type".to_owned(), event.event_type().to_string())].into();
        Message { body: envelope.to_json(), attributes, delay: Duration::ZERO }
    }
}

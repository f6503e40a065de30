//! What a consumer does while something its handler needs is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_messaging::{
    Consumer, ConsumerConfig, Delivery, Disposition, Fault, FaultKind, Handler, Infrastructure, Message, Probe,
};

use crate::{Running, Street, aggregate};

const HOUR: Duration = Duration::from_secs(3600);

/// A database that can be away, and a handler that needs it.
#[derive(Default)]
struct Database {
    away: AtomicBool,
    handled: AtomicUsize,
    asked: AtomicUsize,
    received: AtomicUsize,
}

impl Database {
    fn call(&self) -> Result<(), Fault> {
        let away = self.away.load(Ordering::SeqCst);
        if away { Err(Fault::new(FaultKind::Transient, "database", "away")) } else { Ok(()) }
    }
}

struct Needy(Arc<Database>);

#[async_trait]
impl Handler for Needy {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        self.0.received.fetch_add(batch.len(), Ordering::SeqCst);
        batch
            .iter()
            .map(|_| match self.0.call() {
                Ok(()) => {
                    self.0.handled.fetch_add(1, Ordering::SeqCst);
                    Disposition::Done
                }
                Err(fault) => Disposition::from_fault(&fault),
            })
            .collect()
    }
}

/// Puts so many events into order's queue.
async fn send(street: &Street, messages: usize) {
    let queue = street.infra.queue(queues::ORDER.name);
    for number in 0..messages {
        let mut envelope = samples::envelope(EventType::StockReserved).unwrap();
        envelope.subject = aggregate(&format!("reservation/ord_{number}"));
        let message = Message { body: envelope.to_json(), ..Message::default() };
        queue.send(&[message]).await.unwrap().remove(0).unwrap();
    }
}

/// Runs a consumer of order's queue until `done`; answers the street.
async fn consume(
    config: ConsumerConfig,
    handler: Arc<dyn Handler>,
    street: Street,
    done: impl AsyncFnOnce(),
) -> Street {
    let (queue, letters) = (street.infra.queue(queues::ORDER.name), street.infra.queue(&queues::ORDER.dead_letters()));
    let consumer = Consumer::new(config, queue, letters, handler, street.ports.clone());
    let running = Running::start(consumer.worker());
    done().await;
    running.stop().await;
    street
}

struct Rig {
    street: Street,
    database: Arc<Database>,
    running: Running,
}

impl Rig {
    /// A consumer that is at work: its database has answered.
    async fn start() -> Self {
        let rig = Self::start_in(Street::new(), Arc::default());
        rig.asked(1).await;
        // For so long a good answer is good.
        tokio::time::sleep(Duration::from_secs(1)).await;
        rig
    }

    /// Waits until the database was asked so often.
    async fn asked(&self, times: usize) {
        let begun = tokio::time::Instant::now();
        while self.database.asked.load(Ordering::SeqCst) < times {
            assert!(begun.elapsed() < HOUR, "the database is asked");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn start_in(street: Street, database: Arc<Database>) -> Self {
        let asked = Arc::clone(&database);
        let probe = Probe::new("database", move || {
            let asked = Arc::clone(&asked);
            async move {
                asked.asked.fetch_add(1, Ordering::SeqCst);
                asked.call()
            }
        });
        let (queue, letters) =
            (street.infra.queue(queues::ORDER.name), street.infra.queue(&queues::ORDER.dead_letters()));
        let config = ConsumerConfig::new("order").probing(&probe);
        let handler = Arc::new(Needy(Arc::clone(&database)));
        let consumer = Consumer::new(config, queue, letters, handler, street.ports.clone());
        Self { street, database, running: Running::start(consumer.worker()) }
    }

    fn away(&self, away: bool) {
        self.database.away.store(away, Ordering::SeqCst);
    }

    async fn stop(self) -> Street {
        self.running.stop().await;
        self.street
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_without_the_database_costs_no_message_an_attempt() {
    let rig = Rig::start().await;
    rig.away(true);
    send(&rig.street, 200).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(rig.database.handled.load(Ordering::SeqCst), 0);
    let received = rig.database.received.load(Ordering::SeqCst);
    assert!(received <= 40, "four batches of ten are held and no more is received, not {received}");
    let asked = rig.database.asked.load(Ordering::SeqCst);
    assert!((1200..7200).contains(&asked), "the database is asked every second or two: {asked} times in an hour");
    let most =
        rig.street.infra.memory_queue(queues::ORDER.name).messages().iter().map(|message| message.receive_count).max();
    assert_eq!(most, Some(1), "what is held stays hidden");

    rig.away(false);
    tokio::time::sleep(Duration::from_secs(15)).await;
    assert_eq!(rig.database.handled.load(Ordering::SeqCst), 200);
    assert_eq!(rig.stop().await.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn consumers_that_start_into_an_outage_again_and_again_cost_no_message_an_attempt() {
    let mut street = Street::new();
    send(&street, 20).await;
    let database = Arc::new(Database::default());
    database.away.store(true, Ordering::SeqCst);
    for _ in 0..50 {
        let rig = Rig::start_in(street, Arc::clone(&database));
        tokio::time::sleep(Duration::from_secs(60)).await;
        street = rig.stop().await;
    }
    assert_eq!(database.received.load(Ordering::SeqCst), 0, "nothing is received before the database has answered");
    database.away.store(false, Ordering::SeqCst);
    let rig = Rig::start_in(street, Arc::clone(&database));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(database.handled.load(Ordering::SeqCst), 20);
    assert_eq!(rig.stop().await.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_fault_while_the_database_answers_is_the_messages_own() {
    struct Unlucky;
    #[async_trait]
    impl Handler for Unlucky {
        fn events(&self) -> &'static [EventType] {
            EventType::ALL
        }

        async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
            let fault = Fault::new(FaultKind::Transient, "database", "not this one");
            batch.iter().map(|_| Disposition::from_fault(&fault)).collect()
        }
    }
    let street = Street::new();
    send(&street, 1).await;
    let config = ConsumerConfig { max_attempts: 3, ..ConsumerConfig::new("order") };
    let config = config.probing(&Probe::new("database", || async { Ok(()) }));
    let street = consume(config, Arc::new(Unlucky), street, async || {
        tokio::time::sleep(Duration::from_secs(300)).await;
    })
    .await;
    let dead = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].attributes["dead_letter"].contains("exhausted"), "{:?}", dead[0].attributes);
}

/// May read, which is all that its probe does, and fails as this says of a message and the count of calls before.
struct ReadsOnly {
    fails: fn(&Delivery, denied: bool, call: usize) -> Option<Disposition>,
    denied: AtomicBool,
    calls: AtomicUsize,
    handled: AtomicUsize,
    most_receives: AtomicUsize,
}

impl ReadsOnly {
    fn of(fails: fn(&Delivery, bool, usize) -> Option<Disposition>) -> Arc<Self> {
        let [calls, handled, most_receives] = [0; 3].map(AtomicUsize::new);
        Arc::new(Self { fails, denied: AtomicBool::new(true), calls, handled, most_receives })
    }

    fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Handler for ReadsOnly {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let denied = self.denied.load(Ordering::SeqCst);
        let answer = |delivery: &Delivery| {
            self.most_receives.fetch_max(delivery.receive_count.try_into().unwrap(), Ordering::SeqCst);
            if let Some(failure) = (self.fails)(delivery, denied, self.calls.fetch_add(1, Ordering::SeqCst)) {
                return failure;
            }
            self.handled.fetch_add(1, Ordering::SeqCst);
            Disposition::Done
        };
        batch.iter().map(answer).collect()
    }
}

fn failed(kind: FaultKind) -> Disposition {
    Disposition::from_fault(&Fault::new(kind, "database.put", "no"))
}

fn readable() -> ConsumerConfig {
    ConsumerConfig::new("order").probing(&Probe::new("database", || async { Ok(()) }))
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_without_a_permission_makes_no_dead_letter_though_every_probe_is_well() {
    let street = Street::new();
    send(&street, 200).await;
    let handler = ReadsOnly::of(|_, denied, _| denied.then(|| failed(FaultKind::Denied)));
    let street = consume(readable(), Arc::clone(&handler) as Arc<dyn Handler>, street, async || {
        tokio::time::sleep(HOUR / 2).await;
        assert_eq!(handler.handled(), 0);
        handler.denied.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(660)).await;
    })
    .await;
    assert_eq!(handler.handled(), 200);
    let most = handler.most_receives.load(Ordering::SeqCst);
    assert!(most <= 5, "what waits hidden is not received: {most} times");
    assert_eq!(street.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_denial_among_other_faults_costs_no_more_receives_than_one_alone() {
    let street = Street::new();
    send(&street, 10).await;
    let handler = ReadsOnly::of(|_, denied, call| match call % 10 {
        0 => Some(failed(FaultKind::Throttled)),
        // As after a call of its own whose answer was lost: it can't know that it holds the claim itself.
        3 => Some(Disposition::Waits { after: Duration::from_secs(5), cause: "another holds the claim".to_owned() }),
        5 => Some(failed(FaultKind::Transient)),
        _ => denied.then(|| failed(FaultKind::Denied)),
    });
    // One alone in its batch: nothing else of the batch hides a fault.
    let config = ConsumerConfig { batch: 1, ..readable() };
    let street = consume(config, Arc::clone(&handler) as Arc<dyn Handler>, street, async || {
        tokio::time::sleep(HOUR).await;
        assert_eq!(handler.handled(), 0);
        handler.denied.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1200)).await;
    })
    .await;
    assert_eq!(handler.handled(), 10);
    let most = handler.most_receives.load(Ordering::SeqCst);
    assert!(most <= 15, "the batch a minute beside, and few faults: {most} times");
    assert_eq!(street.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_to_some_messages_does_not_hold_the_others_up_for_ever() {
    let street = Street::new();
    // More than all batches hold, and all of them first.
    send(&street, 60).await;
    let handler = ReadsOnly::of(|delivery, denied, _| {
        let number =
            delivery.envelope.subject.as_str().rsplit('_').next().and_then(|number| number.parse::<u32>().ok());
        (denied && number.is_some_and(|number| number < 45)).then(|| failed(FaultKind::Denied))
    });
    let street = consume(readable(), Arc::clone(&handler) as Arc<dyn Handler>, street, async || {
        tokio::time::sleep(HOUR / 2).await;
        assert_eq!(handler.handled(), 15, "one batch a minute is tried beside those that are held");
        handler.denied.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(660)).await;
    })
    .await;
    assert_eq!(handler.handled(), 60);
    assert_eq!(street.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_permanent_fault_is_the_messages_own_only_while_every_probe_is_well() {
    for (away, letters) in [(true, 0), (false, 1)] {
        let database = Arc::new(Database::default());
        let asked = Arc::clone(&database);
        let probe = Probe::new("database", move || {
            let asked = Arc::clone(&asked);
            async move { asked.call() }
        });
        let street = Street::new();
        send(&street, 1).await;
        let broken = Arc::new(AtomicBool::new(true));
        let handler = Arc::new(Refused(Arc::clone(&broken)));
        let config = ConsumerConfig { max_attempts: 3, ..ConsumerConfig::new("order") }.probing(&probe);
        let street = consume(config, handler, street, async || {
            // Well when the consumer starts, and away once it looks at its first message.
            database.away.store(away, Ordering::SeqCst);
            tokio::time::sleep(HOUR).await;
            broken.store(false, Ordering::SeqCst);
            database.away.store(false, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
        .await;
        let dead = street.infra.memory_queue(&queues::ORDER.dead_letters()).messages();
        assert_eq!(dead.len(), letters, "away: {away}");
        assert_eq!(street.infra.memory_queue(queues::ORDER.name).depth_now().total(), 0);
    }
}

/// Finds each message refused for good while this is so.
struct Refused(Arc<AtomicBool>);

#[async_trait]
impl Handler for Refused {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        let fault = Fault::new(FaultKind::Permanent, "database.put", "no such request");
        let broken = self.0.load(Ordering::SeqCst);
        batch.iter().map(|_| if broken { Disposition::from_fault(&fault) } else { Disposition::Done }).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_hour_without_a_neighbour_that_is_not_probed_makes_no_dead_letter() {
    let street = Street::new();
    send(&street, 20).await;
    let neighbour = Arc::new(Database::default());
    neighbour.away.store(true, Ordering::SeqCst);
    let config = ConsumerConfig::new("order").probing(&Probe::new("database", || async { Ok(()) }));
    let needy = Arc::new(Needy(Arc::clone(&neighbour)));
    let street = consume(config, needy, street, async || {
        tokio::time::sleep(HOUR).await;
        neighbour.away.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(660)).await;
    })
    .await;
    assert_eq!(neighbour.handled.load(Ordering::SeqCst), 20);
    assert_eq!(street.infra.leftovers(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_waits_for_its_database_ends_when_told_and_leaves_the_messages() {
    let rig = Rig::start().await;
    rig.away(true);
    send(&rig.street, 5).await;
    rig.asked(4).await;
    assert!((1..=5).contains(&rig.database.received.load(Ordering::SeqCst)), "some are held, each was received once");
    let told = tokio::time::Instant::now();
    let street = rig.stop().await;
    assert!(told.elapsed() < Duration::from_secs(1), "it took {:?} to end", told.elapsed());
    assert_eq!(street.infra.memory_queue(queues::ORDER.name).depth_now().total(), 5);
    assert_eq!(street.infra.memory_queue(&queues::ORDER.dead_letters()).depth_now().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_never_answers_counts_as_away() {
    let probe = Probe::new("database", std::future::pending::<Result<(), Fault>>);
    assert_eq!(probe.ask().await.unwrap_err().kind(), FaultKind::Transient);
}

#[tokio::test(start_paused = true)]
async fn what_fails_late_in_an_outage_or_after_it_is_handled_again_with_no_receive_spent() {
    /// Every second message learns only after 100 s how its call went.
    struct Late(Arc<Database>);
    #[async_trait]
    impl Handler for Late {
        fn events(&self) -> &'static [EventType] {
            EventType::ALL
        }

        async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
            assert_eq!(batch[0].receive_count, 1);
            let number = self.0.received.fetch_add(1, Ordering::SeqCst);
            let answer = self.0.call();
            if number % 2 == 1 && answer.is_err() {
                tokio::time::sleep(Duration::from_secs(100)).await;
            }
            match answer {
                Ok(()) => {
                    self.0.handled.fetch_add(1, Ordering::SeqCst);
                    vec![Disposition::Done]
                }
                Err(fault) => vec![Disposition::from_fault(&fault)],
            }
        }
    }
    for outage in [60, 300] {
        let database = Arc::new(Database::default());
        let asked = Arc::clone(&database);
        let probe = Probe::new("database", move || {
            let asked = Arc::clone(&asked);
            async move { asked.call() }
        });
        let config = ConsumerConfig { max_attempts: 1, batch: 1, ..ConsumerConfig::new("order") }.probing(&probe);
        let street = Street::new();
        let queue = street.infra.queue(queues::ORDER.name);
        let handler = Arc::new(Late(Arc::clone(&database)));
        let street = consume(config, handler, street, async || {
            tokio::time::sleep(Duration::from_secs(5)).await;
            database.away.store(true, Ordering::SeqCst);
            for message in samples::envelope(EventType::StockReserved).into_iter().cycle().take(2) {
                let message = Message { body: message.to_json(), ..Message::default() };
                queue.send(&[message]).await.unwrap().remove(0).unwrap();
            }
            tokio::time::sleep(Duration::from_secs(outage)).await;
            database.away.store(false, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
        .await;
        assert_eq!(database.handled.load(Ordering::SeqCst), 2, "after {outage} s");
        assert_eq!(street.infra.leftovers(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_held_stays_hidden_however_its_work_is_cut_into_pieces() {
    /// Needs 8 s for each attempt, and something that is away now and then.
    struct Flapping(AtomicUsize);
    #[async_trait]
    impl Handler for Flapping {
        fn events(&self) -> &'static [EventType] {
            EventType::ALL
        }

        async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
            assert_eq!(batch[0].receive_count, 1);
            tokio::time::sleep(Duration::from_secs(8)).await;
            match self.0.fetch_add(1, Ordering::SeqCst) {
                8 => vec![Disposition::Done],
                _ => vec![Disposition::Failed { kind: FaultKind::Transient, cause: "away".to_owned() }],
            }
        }
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let probe = Probe::new("database", move || {
        // Well at the start; then away and back by turns.
        let is_away = asked.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        async move { if is_away { Err(Fault::new(FaultKind::Transient, "database", "away")) } else { Ok(()) } }
    });
    let street = Street::new();
    send(&street, 1).await;
    let handler = Arc::new(Flapping(AtomicUsize::new(0)));
    let config = ConsumerConfig { batch: 1, ..ConsumerConfig::new("order") }.probing(&probe);
    let street = consume(config, Arc::clone(&handler) as Arc<dyn Handler>, street, async || {
        tokio::time::sleep(Duration::from_secs(180)).await;
    })
    .await;
    assert_eq!(handler.0.load(Ordering::SeqCst), 9);
    assert_eq!(street.infra.leftovers(), Vec::<String>::new());
}

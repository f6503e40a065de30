//! A relay that serves nobody for an hour, and one that does not like one recipient.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use shotengai_contracts::events::{Event, OrderPlaced};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Envelope, Metadata};
use shotengai_kernel::{AggregateId, EventId, OrderId, UserId, Version};
use shotengai_kit::{Installation, role};
use shotengai_messaging::{Fault, Infrastructure, Message};
use shotengai_notification::domain::mail::MailKind;
use shotengai_notification::smtp::{Enhanced, Refusals, Reply, Stage};
use shotengai_notification::{Mailer, OutgoingMail, SendError};
use shotengai_testing::harness::paused_ports;
use shotengai_testing::memory::NoFaults;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{event, mailing};

/// Answers RCPT as a relay does, and is read as the real one is.
#[derive(Default)]
struct Relay {
    /// Whom it refuses: whose address begins so.
    refuses: Mutex<Option<&'static str>>,
    refusals: Refusals,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Mailer for Relay {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        tokio::task::yield_now().await;
        let to = mail.to.expose();
        if self.refuses.lock().unwrap().is_some_and(|refused| to.starts_with(refused)) {
            let reply = Reply { code: 554, enhanced: Enhanced::of("5.7.1 Relay access denied") };
            return Err(self.refusals.refused(to, Stage::Recipient, reply));
        }
        self.refusals.taken(to);
        self.taken.lock().unwrap().push(to.to_owned());
        Ok(())
    }

    /// Connects and resets, which it lets everybody do.
    async fn ping(&self) -> Result<(), Fault> {
        Ok(())
    }
}

struct Rig {
    installation: Installation,
    relay: Arc<Relay>,
}

impl Rig {
    fn new() -> Self {
        let installation = Installation::over(paused_ports(3), Arc::new(NoFaults)).leaving("notification-dlq");
        Self { installation, relay: Arc::default() }
    }

    /// An order of each of these people is placed.
    async fn place(&self, people: &[String]) {
        let ports = &self.installation.ports;
        for name in people {
            let contact = json!({ "email": format!("{name}@example.jp"), "language": "ja", "name": null });
            let path = format!("/internal/contacts/usr_{name}");
            self.installation.neighbours.answers(Service::STOREFRONT, path, 200, &contact);
            let Event::OrderPlaced(placed) = event(MailKind::Received) else { panic!("it is a placement") };
            let order_id = OrderId::parse(&format!("ord_{name}")).unwrap();
            let user_id = UserId::parse(&format!("usr_{name}")).unwrap();
            let placed = Event::from(OrderPlaced { order_id: order_id.clone(), user_id, ..placed });
            let id = ports.ids.uuid_v7();
            let (meta, subject) = (Metadata::request(id, None), AggregateId::from(&order_id));
            let envelope =
                Envelope::wrap(EventId::new(id), ports.clock.now(), subject, Version::new(1), &meta, &placed);
            let message = Message { body: envelope.to_json(), ..Message::default() };
            let queue = self.installation.infra.queue(queues::NOTIFICATION.name);
            queue.send(&[message]).await.unwrap().remove(0).unwrap();
        }
        let nobody = json!({ "type": "/problems/no-such-account", "status": 404 });
        let path = format!("/internal/contacts/{}", UserId::from_uuid(Uuid::nil()));
        self.installation.neighbours.answers(Service::STOREFRONT, path, 404, &nobody);
    }

    /// Runs the role while this goes on.
    async fn run(&self, meanwhile: impl AsyncFnOnce()) {
        let mailer = Arc::clone(&self.relay) as Arc<dyn Mailer>;
        let deps = self.installation.deps(Service::NOTIFICATION);
        let role = shotengai_notification::assemble(deps, mailing(mailer));
        let shutdown = CancellationToken::new();
        let (worker, stop) = (role::consumer(&role, &queues::NOTIFICATION).worker(), shutdown.clone());
        let running = tokio::spawn(async move { worker.run(stop).await });
        meanwhile().await;
        shutdown.cancel();
        running.await.unwrap();
    }

    /// Waits until it has taken so many.
    async fn takes(&self, mails: usize) {
        let begun = Instant::now();
        while self.relay.taken.lock().unwrap().len() < mails {
            assert!(begun.elapsed() < Duration::from_secs(1200), "{:?}", self.relay.taken.lock().unwrap());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    fn letters(&self) -> usize {
        self.installation.infra.memory_queue(&queues::NOTIFICATION.dead_letters()).messages().len()
    }
}

fn people(names: std::ops::Range<u32>) -> Vec<String> {
    names.map(|number| format!("p{number}")).collect()
}

#[tokio::test(start_paused = true)]
async fn mails_of_an_hour_in_which_the_relay_denies_all_arrive_once_when_it_heals() {
    let rig = Rig::new();
    *rig.relay.refuses.lock().unwrap() = Some("p");
    let people = people(0..60);
    rig.place(&people).await;
    rig.run(async || {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(rig.relay.taken.lock().unwrap().len(), 0);
        *rig.relay.refuses.lock().unwrap() = None;
        rig.takes(60).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let mut taken = rig.relay.taken.lock().unwrap().clone();
    taken.sort();
    let mut expected: Vec<_> = people.iter().map(|name| format!("{name}@example.jp")).collect();
    expected.sort();
    assert_eq!(taken, expected);
    assert_eq!(rig.letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_recipient_that_the_relay_refuses_becomes_a_letter_and_holds_nobody_up() {
    let rig = Rig::new();
    *rig.relay.refuses.lock().unwrap() = Some("p3");
    rig.place(&people(0..10)).await;
    rig.run(async || {
        rig.takes(9).await;
        tokio::time::sleep(Duration::from_secs(7200)).await;
        rig.place(&people(10..20)).await;
        rig.takes(19).await;
    })
    .await;
    assert_eq!(rig.letters(), 1);
}

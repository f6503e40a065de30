//! What is not ours, and what other services are asked: a mail server, people's addresses, prices.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use shotengai_catalog::internal_product;
use shotengai_contracts::topology::Service;
use shotengai_kernel::ProductId;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_notification::smtp::{Enhanced, Refusals, Reply, Stage};
use shotengai_notification::{Mailer, OutgoingMail, SendError};
use shotengai_runtime::{InternalAnswer, InternalCall, Neighbours, Supply};

use crate::bugs::Bug;
use crate::network::Network;
use crate::plan::Dependency::{Http, Smtp};
use crate::roles::catalog_settings;
use crate::world::address;

/// A relay that keeps what it took, at the end of a process's line. What it refuses is read as the real one's replies are.
pub struct MailServer {
    network: Network,
    refusals: Arc<Refusals>,
}

impl MailServer {
    /// The relay, as this process reaches it.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self { network, refusals: Arc::default() }
    }
}

/// Why the relay does not take a mail to this recipient, if it does not.
fn refusal(network: &Network, refusals: &Refusals, recipient: &str, message_id: &str) -> Option<SendError> {
    let world = network.world();
    let (said, mishap) = world.relay_says(recipient)?;
    world.count(mishap);
    network.hold_up(message_id);
    world.note(network.name(), || format!("mail to {recipient} refused: {said}"));
    if world.bug == Some(Bug::EveryRefusalTheRecipients) {
        return Some(SendError::Refused { why: said.to_owned() });
    }
    let (code, text) = said.split_once(' ')?;
    let reply = Reply { code: code.parse().ok()?, enhanced: Enhanced::of(text) };
    Some(refusals.refused(recipient, Stage::Recipient, reply))
}

#[async_trait]
impl Mailer for MailServer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let (network, refusals) = (self.network.clone(), Arc::clone(&self.refusals));
        let (recipient, message_id) = (mail.to.expose().to_owned(), mail.message_id.clone());
        let effect = |landing| async move {
            if let Some(refusal) = refusal(&network, &refusals, &recipient, &message_id) {
                return Err(refusal);
            }
            refusals.taken(&recipient);
            network.world().keep_mail(&message_id, &network, landing);
            network.world().note(network.name(), || format!("mail {message_id} taken"));
            Ok(())
        };
        self.network.send(Smtp, "smtp.send", &mail.message_id, effect).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.network.call(Smtp, "smtp.ping", "mail", async { Ok(()) }).await
    }
}

/// The other services, as they answer over HTTP.
pub struct SimulatedNeighbours(pub Network);

impl SimulatedNeighbours {
    /// Catalog's consistent read. Assembled anew each time: it is another process, whose cache is not ours.
    async fn product(&self, product: &str) -> Result<InternalAnswer, Fault> {
        let Ok(product) = ProductId::parse(product) else { return Ok(no_such("product")) };
        let world = self.0.world();
        let supply = Supply::new(Arc::clone(&world.infra) as _, world.ports(usize::MAX, 0));
        let catalog = shotengai_catalog::assemble(supply.deps(Service::CATALOG), &catalog_settings(false));
        let found = internal_product(&catalog.products, &product).await?;
        Ok(found.map_or_else(|| no_such("product"), |found| answer(200, &json!(found))))
    }
}

#[async_trait]
impl Neighbours for SimulatedNeighbours {
    async fn get(&self, call: InternalCall<'_>) -> Result<InternalAnswer, Fault> {
        let (what, name) = call.path.trim_start_matches("/internal/").split_once('/').unwrap_or_default();
        let effect = async {
            match (call.service, what) {
                (Service::CATALOG, "products") => self.product(name).await,
                // Everybody has an address.
                (Service::STOREFRONT, "contacts") => {
                    Ok(answer(200, &json!({ "email": address(name), "language": "en", "name": null })))
                }
                _ => Err(Fault::new(FaultKind::Permanent, call.operation, format!("nobody answers {}", call.path))),
            }
        };
        let asked = tokio::time::timeout(call.timeout, Box::pin(self.0.call(Http, call.operation, what, effect))).await;
        asked.unwrap_or_else(|late| Err(Fault::new(FaultKind::Transient, call.operation, late)))
    }
}

fn answer(status: u16, body: &Value) -> InternalAnswer {
    let status = status.try_into().unwrap_or_default();
    InternalAnswer { status, body: body.to_string().into_bytes() }
}

fn no_such(what: &str) -> InternalAnswer {
    answer(404, &json!({ "type": format!("/problems/no-such-{what}"), "status": 404 }))
}

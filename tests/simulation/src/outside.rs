//! What is not ours, and what other services are asked over HTTP: a mail server, people's addresses, prices.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_catalog::aggregate::Products;
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, ProductId, UserId};
use shotengai_messaging::{CommitWriter, Fault, Infrastructure, Outbox};
use shotengai_notification::contacts::Contacts;
use shotengai_notification::domain::contact::{Address, Contact, Language};
use shotengai_notification::mailer::{Mailer, OutgoingMail, SendError};
use shotengai_order::catalog_client::Catalog;
use shotengai_order::domain::Offer;
use shotengai_order::prices::Listed;

use crate::line::Line;
use crate::plan::Dependency::{Http, Smtp};

/// A mail server that keeps what it took.
pub struct MailServer(pub Line);

#[async_trait]
impl Mailer for MailServer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let (world, life) = (self.0.world(), self.0.life());
        let effect = async {
            world.keep_mail(&mail.message_id, life);
            world.note(self.0.name(), || format!("mail {} taken", mail.message_id));
            Ok(())
        };
        self.0.call(Smtp, "smtp.send", &mail.message_id, effect).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.0.call(Smtp, "smtp.ping", "mail", async { Ok(()) }).await
    }
}

/// Everybody has an address.
pub struct Everybody(pub Line);

#[async_trait]
impl Contacts for Everybody {
    async fn contact(&self, user: &UserId) -> Result<Option<Contact>, Fault> {
        let email = Some(Address::new(format!("{user}@example.com")));
        let contact = Contact { email, language: Language::En, name: None };
        self.0.call(Http, "storefront.contact", "contacts", async { Ok(Some(contact)) }).await
    }
}

/// Catalog's consistent read, as it answers it over HTTP.
pub struct CatalogDesk(pub Line);

#[async_trait]
impl Catalog for CatalogDesk {
    async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        let world = self.0.world();
        // Asked for anew each time: the desk is another process, whose cache is not ours.
        let store = world.infra.event_store(Owner::Catalog);
        let ports = world.ports(usize::MAX, 0);
        let products = Products::new(CommitWriter::new(Arc::clone(&store), Outbox::disabled(), ports));
        let effect = async {
            let loaded = products.load(&AggregateId::from(product)).await?;
            let Some(known) = loaded.state.known() else { return Ok(None) };
            let offer = Offer {
                name: known.details.name().to_owned(),
                names: known.details.names().clone(),
                price: known.details.price(),
            };
            Ok(Some(Listed { version: loaded.version, offer: (!known.deleted).then_some(offer) }))
        };
        self.0.call(Http, "catalog.GetProduct", "products", effect).await
    }
}

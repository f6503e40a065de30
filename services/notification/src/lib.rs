//! The notification role: e-mail about orders.
//!
//! - `domain`: which event asks for which mail, contacts that never print, the life of a claim. Pure.
//! - `render`, `labels`, `templates/`: mails in Japanese and English, HTML and text. Pure.
//! - `send_order_mail`: the use case. Claim, contact, render, SMTP, record.
//! - `claims`, `contacts`, `mailer`, `smtp`: what it stands on.
//! - `consumers`: `notification-queue`.
//!
//! No address is stored and none is logged: contacts are asked for when a mail is sent and dropped with it.

pub mod claims;
pub mod config;
pub mod consumers;
pub mod contacts;
pub mod domain;
mod labels;
pub mod mailer;
pub mod render;
pub mod send_order_mail;
pub mod smtp;

use std::sync::Arc;

use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::UserId;
use shotengai_messaging::{Consumer, Probe};
use shotengai_runtime::{Check, Context, OrderLinks, Role};

use self::claims::Claims;
pub use self::config::NotificationSettings;
use self::consumers::NotificationHandler;
use self::contacts::{Contacts, HttpContacts};
use self::mailer::Mailer;
use self::render::Templates;
use self::send_order_mail::{SendOrderMail, Slots};
use self::smtp::SmtpMailer;

/// Builds the role: one consumer, no routes.
///
/// # Errors
/// Settings that can't be; all of them are named.
pub async fn build(context: &Context, settings: NotificationSettings) -> anyhow::Result<Role> {
    let checked = settings.check()?;
    let table = context.infra.table(tables::NOTIFICATION_CLAIMS.name);
    let contacts = HttpContacts::new(
        context.http.clone(),
        &context.settings.storefront_url,
        context.settings.internal_token.clone(),
    );
    let contacts: Arc<dyn Contacts> = Arc::new(contacts);
    let mailer: Arc<dyn Mailer> = Arc::new(SmtpMailer::new(checked.server, checked.from));
    let handler = NotificationHandler::new(SendOrderMail {
        claims: Claims::new(Arc::clone(&table), context.ports.clone()),
        contacts: Arc::clone(&contacts),
        templates: Arc::new(Templates::new(&checked.public_url, OrderLinks::new(&context.settings.internal_token))?),
        mailer: Arc::clone(&mailer),
        domain: checked.domain.into(),
        ports: context.ports.clone(),
        slots: Slots::default(),
    });
    let claims = Probe::table(tables::NOTIFICATION_CLAIMS.name, &table);
    let smtp = Probe::new("smtp", move || {
        let mailer = Arc::clone(&mailer);
        async move { mailer.ping().await }
    });
    let consuming = context.consumer_config("notification").probing(&claims).probing(&smtp);
    let consumer = Consumer::new(
        consuming.probing(&contacts_probe(&contacts)?),
        context.infra.queue(queues::NOTIFICATION.name),
        context.infra.queue(&queues::NOTIFICATION.dead_letters()),
        Arc::new(handler),
        context.ports.clone(),
    );
    Ok(Role::new("notification").worker(consumer.worker()).check(Check::of(&claims)).check(Check::of(&smtp)))
}

/// Asks for nobody's contact: the whole way there and back, as for somebody's.
fn contacts_probe(contacts: &Arc<dyn Contacts>) -> anyhow::Result<Probe> {
    let (contacts, nobody) = (Arc::clone(contacts), UserId::parse("usr_nobody")?);
    Ok(Probe::new("contacts", move || {
        let (contacts, nobody) = (Arc::clone(&contacts), nobody.clone());
        async move { contacts.contact(&nobody).await.map(drop) }
    }))
}

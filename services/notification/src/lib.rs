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

use shotengai_contracts::routing::dead_letters_of;
use shotengai_messaging::Consumer;
use shotengai_runtime::{Check, Context, Role};

use self::claims::{Claims, TABLE};
pub use self::config::NotificationSettings;
use self::consumers::{NotificationHandler, QUEUE};
use self::contacts::HttpContacts;
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
    let table = context.infra.table(TABLE);
    let contacts = HttpContacts::new(
        context.http.clone(),
        &context.settings.storefront_url,
        context.settings.internal_token.clone(),
    );
    let mailer: Arc<dyn Mailer> = Arc::new(SmtpMailer::new(checked.server, checked.from));
    let handler = NotificationHandler::new(SendOrderMail {
        claims: Claims::new(Arc::clone(&table), context.ports.clone()),
        contacts: Arc::new(contacts),
        templates: Arc::new(Templates::new(&checked.public_url)?),
        mailer: Arc::clone(&mailer),
        domain: checked.domain.into(),
        ports: context.ports.clone(),
        slots: Slots::default(),
    });
    let consumer = Consumer::new(
        context.consumer_config("notification"),
        context.infra.queue(QUEUE),
        context.infra.queue(&dead_letters_of(QUEUE)),
        Arc::new(handler),
        context.ports.clone(),
    );
    Ok(Role::new("notification")
        .worker(consumer.worker())
        .check(Check::new("notification-claims", move || {
            let table = Arc::clone(&table);
            async move { table.ping().await.map_err(|fault| fault.to_string()) }
        }))
        .check(Check::new("smtp", move || {
            let mailer = Arc::clone(&mailer);
            async move { mailer.ping().await.map_err(|fault| fault.to_string()) }
        })))
}

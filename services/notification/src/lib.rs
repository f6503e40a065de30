//! The notification role: e-mail about orders.
//!
//! - `domain`: which event asks for which mail, contacts that never print, the life of a claim. Pure.
//! - `render`, `labels`, `templates/`: mails in Japanese and English, HTML and text. Pure.
//! - `send_order_mail`: the use case. Claim, contact, render, SMTP, record.
//! - `budget`: how many mails an address gets a day.
//! - `claims`, `contacts`, `mailer`, `smtp`: what it stands on. `rehearsal`: the way out where nothing may leave.
//! - `metrics`: mails by kind and outcome.
//! - `reasons`: why it sets an event aside.
//! - `consumers`: `notification-queue`.
//!
//! No address is stored and none is logged: contacts are asked for when a mail is sent and dropped with it. What budgets
//! are kept under are pseudonyms.

pub mod budget;
pub mod claims;
pub mod config;
pub mod consumers;
pub mod contacts;
pub mod domain;
mod labels;
pub mod mailer;
pub mod metrics;
pub mod reasons;
mod rehearsal;
pub mod render;
pub mod send_order_mail;
pub mod smtp;

use std::sync::Arc;

use shotengai_contracts::topology::{Service, queues, tables};
use shotengai_messaging::Probe;
use shotengai_runtime::{Consuming, Context, Deps, OrderLinks, Pseudonyms, Role};

use self::budget::MailBudget;
use self::claims::SendClaims;
pub use self::config::{NotificationArgs, NotificationSettings};
use self::consumers::NotificationHandler;
use self::contacts::Contacts;
pub use self::mailer::{Mailer, OutgoingMail, SendError};
pub use self::rehearsal::{Tell, rehearsed};
pub use self::render::Templates;
use self::send_order_mail::{SendOrderMail, Slots};
use self::smtp::SmtpMailer;

/// How mails look, and the way out for them.
#[derive(Clone)]
pub struct Mailing {
    /// The way out.
    pub mailer: Arc<dyn Mailer>,
    /// How a mail looks.
    pub templates: Arc<Templates>,
    /// The domain in Message-IDs.
    pub domain: Arc<str>,
    /// What addresses are known by in tables.
    pub pseudonyms: Pseudonyms,
    /// How many mails an address gets a day; 0 for any number.
    pub mails_per_address: u16,
}

/// Assembles the role over SMTP.
///
/// # Errors
/// Settings that can't be; all of them are named.
pub fn build(context: &Context, settings: &NotificationSettings) -> anyhow::Result<Role> {
    let mailer = Arc::new(SmtpMailer::new(settings.server.clone(), settings.from.clone()));
    Ok(assemble(context.deps(Service::NOTIFICATION), mailing(context, settings, mailer)?))
}

/// Mails as they look, by this way out.
fn mailing(
    context: &Context,
    settings: &NotificationSettings,
    mailer: Arc<dyn Mailer>,
) -> Result<Mailing, render::RenderError> {
    let templates = Templates::new(&settings.public_url, OrderLinks::new(&context.settings.auth.internal_token))?;
    Ok(Mailing {
        mailer,
        templates: Arc::new(templates),
        domain: settings.domain.as_str().into(),
        pseudonyms: Pseudonyms::new(&context.settings.auth.internal_token),
        mails_per_address: settings.mails_per_address,
    })
}

/// Assembles the role: one consumer, no routes. Readiness doesn't wait for storefront, which is asked for contacts.
#[must_use]
pub fn assemble(mut deps: Deps, mailing: Mailing) -> Role {
    let rehearses = deps.rehearses();
    if !rehearses {
        metrics::show();
    }
    let Mailing { mailer, templates, domain, pseudonyms, mails_per_address } = mailing;
    let table = deps.patient_table(&tables::NOTIFICATION_CLAIMS);
    let clock = Arc::clone(&deps.ports().clock);
    let budget = MailBudget::new(Arc::clone(&table), pseudonyms, clock, mails_per_address.into());
    let claims = SendClaims::new(table, deps.ports().clone());
    let contacts = Contacts::new(deps.neighbour(Service::STOREFRONT));
    let (asked, people) = (Arc::clone(&mailer), contacts.clone());
    deps.depend_on(Probe::new("smtp", move || {
        let mailer = Arc::clone(&asked);
        async move { mailer.ping().await }
    }));
    deps.guard(Probe::new("contacts", move || {
        let contacts = people.clone();
        async move { contacts.ping().await }
    }));
    let (ports, slots) = (deps.ports().clone(), Slots::default());
    let send = SendOrderMail { claims, budget, contacts, templates, mailer, domain, ports, slots, rehearses };
    Role::new(deps).consume(&queues::NOTIFICATION, NotificationHandler::new(send), Consuming::default())
}

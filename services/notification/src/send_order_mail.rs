//! The use case: one mail about one order. Claim, contact, render, SMTP, record; in this order.
//!
//! At least one copy leaves; exactly one unless a fault falls between the server's 250 and the record. The claim is the
//! dedup, the fixed Message-ID what a mailbox can recognise a copy by.

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::effects;
use shotengai_messaging::trace::current_traceparent;
use shotengai_messaging::{Disposition, Fault, FaultKind};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::budget::MailBudget;
use crate::claims::{Claim, Claimed, SendClaims};
use crate::contacts::Contacts;
use crate::domain::claim::{ClaimState, SkipReason};
use crate::domain::mail::OrderMail;
use crate::mailer::{Mailer, OutgoingMail, SendError};
use crate::metrics;
use crate::reasons::{REFUSED_ADDRESS, UNRENDERABLE_MAIL};
use crate::render::{RenderError, Templates};

/// Mails on their way at once: what small relays allow one client.
const MAX_CONCURRENT: usize = 10;

/// How long one attempt may take: claim, contact and SMTP together. Below the claim's lease, so that an attempt never
/// outlives it.
const ATTEMPT: Duration = Duration::from_secs(30);

/// The longest wait before another's claim is looked at again, and how much longer each wait is than the one before. Most
/// attempts end within a second, and a copy that waited for the whole lease would sit in the queue for as long; ten
/// looks a lease stay far below a message's attempts.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const LOOK_SOONER: Duration = Duration::from_secs(1);

/// From this receive on it is only looked at when the lease ends: queues count receives, whatever they were for.
const PATIENT_FROM: u32 = 20;

/// Sends mails about orders.
#[derive(Clone)]
pub struct SendOrderMail {
    /// Who is sending what.
    pub claims: SendClaims,
    /// How many mails an address gets.
    pub budget: MailBudget,
    /// Who is who.
    pub contacts: Contacts,
    /// How a mail looks.
    pub templates: Arc<Templates>,
    /// The way out.
    pub mailer: Arc<dyn Mailer>,
    /// The domain in Message-IDs.
    pub domain: Arc<str>,
    /// The clock, for the mail's date.
    pub ports: Ports,
    /// One a mail under way; shared by all clones.
    pub slots: Slots,
    /// Nothing is sent: no figure counts it, and nobody says that it was.
    pub rehearses: bool,
}

/// Bounds how many mails are under way at once.
#[derive(Debug, Clone)]
pub struct Slots(Arc<Semaphore>);

impl Default for Slots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CONCURRENT)))
    }
}

/// Receipt of the message that asks for a mail.
#[derive(Debug, Clone)]
pub struct Asked {
    /// How often it has been received, this time included.
    pub attempt: u32,
    /// When it was received this time.
    pub received_at: Option<Timestamp>,
    /// W3C trace context of the event.
    pub traceparent: Option<String>,
}

/// Why an attempt came to nothing; another may do better.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("no mail will reach the address: {0}")]
    Address(String),
}

impl SendOrderMail {
    /// Sends this mail unless it has been sent, and says what becomes of the message that asked for it.
    pub async fn run(&self, mail: &OrderMail, asked: &Asked) -> Disposition {
        // Before the claim, whose lease must not run out in a queue. The semaphore is never closed.
        let _slot = self.slots.0.acquire().await.ok();
        // The lease counts from before its row is written, and so do we: a process that was held up while it waited for
        // that answer may find its claim taken over.
        let deadline = Instant::now() + ATTEMPT;
        let claim = match self.claims.claim(mail).await {
            Ok(Claimed::Mine(claim)) => claim,
            Ok(Claimed::Settled) => return Disposition::Done,
            Ok(Claimed::Busy(wait)) => {
                let soon = if asked.attempt > PATIENT_FROM {
                    wait
                } else {
                    LOOK_AGAIN.min(LOOK_SOONER.saturating_mul(asked.attempt))
                };
                let cause = "another attempt holds the claim".to_owned();
                return Disposition::Waits { after: wait.min(soon), cause };
            }
            Err(fault) => return Disposition::from_fault(&fault),
        };
        let attempt = timeout_at(deadline, self.attempt(mail, deadline, asked)).await;
        match attempt.unwrap_or_else(|_| Err(late().into())) {
            Ok(outcome) => self.record(mail, &claim, &outcome).await,
            Err(error) => {
                if let Err(fault) = self.claims.release(&claim).await {
                    tracing::warn!(order_id = %mail.order_id, %fault, "a claim was not released; its lease will end");
                }
                match error {
                    AttemptError::Fault(fault) => Disposition::from_fault(&fault),
                    AttemptError::Render(error) => Disposition::reject(UNRENDERABLE_MAIL, error.to_string()),
                    // Its customer is owed it: a letter stays, and the claim is free for when the letter is sent again.
                    AttemptError::Address(why) => Disposition::reject(REFUSED_ADDRESS, why),
                }
            }
        }
    }

    async fn attempt(&self, mail: &OrderMail, deadline: Instant, asked: &Asked) -> Result<ClaimState, AttemptError> {
        let contact = self.contacts.contact(&mail.user_id).await?;
        let Some((contact, to)) = contact.and_then(|contact| contact.email.clone().map(|to| (contact, to))) else {
            return Ok(ClaimState::Skipped { why: SkipReason::NoAddress });
        };
        let id = format!("{}/{}", mail.order_id, mail.which());
        if !self.budget.allows(&to, &id).await? {
            return Ok(ClaimState::Skipped { why: SkipReason::TooManyMails });
        }
        let outgoing = OutgoingMail {
            kind: mail.kind,
            language: contact.language,
            to,
            content: self.templates.render(mail, contact.language, contact.name.as_ref())?,
            name: contact.name,
            message_id: mail.message_id(&self.domain),
            traceparent: current_traceparent().or_else(|| asked.traceparent.clone()),
            date: self.ports.clock.now(),
        };
        // Whoever wakes late is given what it waited for before its timer: the timer alone is no guard.
        if Instant::now() >= deadline {
            return Err(late().into());
        }
        match self.mailer.send(&outgoing).await {
            Ok(()) => {
                let (received_at, receives) = (asked.received_at, Some(asked.attempt).filter(|attempt| *attempt > 1));
                let now = self.ports.clock.now();
                let at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
                Ok(ClaimState::Sent { at: Some(at), received_at, receives })
            }
            Err(SendError::Refused { why }) => Err(AttemptError::Address(why)),
            Err(SendError::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn record(&self, mail: &OrderMail, claim: &Claim, outcome: &ClaimState) -> Disposition {
        let kind = mail.kind.as_str();
        match outcome {
            _ if self.rehearses => {}
            ClaimState::Skipped { why: SkipReason::TooManyMails } => {
                tracing::warn!(order_id = %mail.order_id, kind, "a mail is not sent: its address had as many as it gets a day");
            }
            ClaimState::Skipped { why: SkipReason::NoAddress } => {
                tracing::info!(order_id = %mail.order_id, kind, "nobody to write to")
            }
            _ => tracing::info!(order_id = %mail.order_id, kind, "a mail was sent"),
        }
        match outcome {
            ClaimState::Skipped { why: SkipReason::TooManyMails } => {
                effects::left_alone("its address had as many mails as it gets a day");
            }
            ClaimState::Skipped { why: SkipReason::NoAddress } => effects::left_alone("nobody to write to"),
            _ => effects::sent("a mail"),
        }
        match self.claims.settle(claim, outcome).await {
            Ok(()) => {
                if !self.rehearses {
                    metrics::count(mail.kind, outcome);
                }
                Disposition::Done
            }
            Err(fault) => Disposition::from_fault(&fault),
        }
    }
}

fn late() -> Fault {
    Fault::new(FaultKind::Transient, "notification.attempt", "it took too long")
}

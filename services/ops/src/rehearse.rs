//! Rehearsals: letters handled by their own service's handler, over a shadow of the installation.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::api::ops::LetterId;
use shotengai_contracts::api::ops::rehearsals::{Foreseen, ForeseenAsk, ForeseenEvent, ForeseenFound, Rehearsal};
use shotengai_contracts::topology::QueueSpec;
use shotengai_contracts::{DecodeError, Envelope};
use shotengai_dead_letters::{Letter, covered};
use shotengai_messaging::receipts::order_in;
use shotengai_messaging::shadow::{Caught, Met, Shadow};
use shotengai_messaging::{Delivery, Disposition, Handler, Infrastructure, Key};

/// How long a letter may take: its handler waits between attempts of its own.
const WITHIN: Duration = Duration::from_secs(4);

/// Assembles services over other installations than the one that they run in. The program does, which has them all.
pub trait Stage: Send + Sync {
    /// What handles the messages of this queue, over this installation; nothing where it can't be rehearsed. Nothing that it is
    /// made of may change anything but what is given here, or send anything: that the shadow is told.
    fn handler(&self, queue: &'static QueueSpec, over: &Arc<Shadow>) -> Option<Arc<dyn Handler>>;
}

/// A program that can rehearse nothing.
pub struct NoStage;

impl Stage for NoStage {
    fn handler(&self, _: &'static QueueSpec, _: &Arc<Shadow>) -> Option<Arc<dyn Handler>> {
        None
    }
}

/// What a letter would do now, as a message of this queue; none of its letters' queue, of which records are set aside.
pub async fn rehearse(
    stage: &dyn Stage,
    infra: &Arc<dyn Infrastructure>,
    queue: Option<&'static QueueSpec>,
    id: LetterId,
    letter: Option<&Letter>,
) -> Rehearsal {
    let mut told = Rehearsal {
        letter: id,
        event_type: letter.and_then(|letter| letter.event_type().map(str::to_owned)),
        subject: letter.and_then(|letter| letter.subject().map(str::to_owned)),
        order_id: letter.and_then(|letter| order_in(&letter.body)),
        outcome: Foreseen::NotFound,
        why: None,
        events: Vec::new(),
        asks: Vec::new(),
        found: None,
    };
    let Some(letter) = letter else { return told };
    // Each by itself, as it would be handled if it came alone.
    let shadow = Arc::new(Shadow::of(Arc::clone(infra)));
    let handler = queue.and_then(|queue| stage.handler(queue, &shadow));
    let Some(handler) = handler else {
        let why = match queue {
            Some(queue) => format!("{} can't be rehearsed yet", queue.service),
            None => "it is a record of a stream, whose reader checks it anew".to_owned(),
        };
        (told.outcome, told.why) = (Foreseen::NotRehearsed, Some(why));
        return told;
    };
    let delivery = match delivery(letter) {
        Ok(delivery) => delivery,
        Err(why) => {
            (told.outcome, told.why) = (Foreseen::Unreadable, Some(why));
            return told;
        }
    };
    let batch = [delivery];
    let answer = tokio::time::timeout(WITHIN, handler.handle(&batch)).await;
    let answer = answer.map(|mut answers| answers.pop());
    for caught in shadow.take() {
        note(&mut told, caught);
    }
    (told.outcome, told.why) = match answer {
        Err(_) => (Foreseen::WouldRetry, Some(format!("it was not done within {} s", WITHIN.as_secs()))),
        Ok(None) => (Foreseen::WouldRetry, Some("its handler gave no answer".to_owned())),
        Ok(Some(Disposition::Done)) if !told.events.is_empty() => (Foreseen::WouldAppend, None),
        Ok(Some(Disposition::Done)) if !told.asks.is_empty() => (Foreseen::WouldWrite, None),
        Ok(Some(Disposition::Done)) => (Foreseen::WouldIgnore, None),
        Ok(Some(
            Disposition::Retry { cause, .. } | Disposition::Waits { cause, .. } | Disposition::Failed { cause, .. },
        )) => (Foreseen::WouldRetry, Some(cause)),
        Ok(Some(Disposition::Reject { reason, error })) => {
            (Foreseen::WouldSetAside, Some(format!("{reason}: {}", covered(reason, &error))))
        }
    };
    if told.outcome == Foreseen::WouldIgnore {
        // A store that does not answer now has answered a moment before; then the reason is left out.
        told.found = shadow.met().await.ok().map(found);
    }
    told
}

fn found(met: Met) -> ForeseenFound {
    let stands = met.stands.into_iter().map(|stands| ForeseenEvent {
        event_type: stands.event_type,
        subject: stands.id.as_str().to_owned(),
        version: stands.version,
    });
    let rows = met.rows.into_iter().map(|(table, key)| format!("table {table}: {} {}", told_of(&key), key.sk));
    ForeseenFound { stands: stands.collect(), rows: rows.collect() }
}

fn delivery(letter: &Letter) -> Result<Delivery, String> {
    // Its body stays covered.
    let told = |error: DecodeError| covered(error.reason(), &error.to_string()).into_owned();
    let envelope = Envelope::from_json(letter.body.as_bytes()).map_err(told)?;
    let delivery = Delivery::of(envelope).map_err(told)?;
    Ok(Delivery {
        message_id: letter.message_id.clone(),
        body: letter.body.as_str().into(),
        attributes: Arc::new(letter.attributes.clone()),
        ..delivery
    })
}

/// Prefix of the keys of rows that are kept by address.
const BY_ADDRESS: &str = "address/";

/// How many mails a mailbox got is kept under a pseudonym, which would tell one mailbox again by several letters.
fn told_of(key: &Key) -> &str {
    if key.pk.starts_with(BY_ADDRESS) { BY_ADDRESS } else { &key.pk }
}

fn note(told: &mut Rehearsal, caught: Caught) {
    match caught {
        Caught::Commit(_, commit) => told.events.extend(commit.events.iter().map(|event| ForeseenEvent {
            event_type: event.event_type.clone(),
            subject: event.subject.as_str().to_owned(),
            version: event.aggregateversion,
        })),
        Caught::Row { table, key, how } => {
            let how = format!("{how} {} {}", told_of(&key), key.sk);
            told.asks.push(ForeseenAsk { what: format!("table {table}"), how });
        }
        Caught::Sent(what) => told.asks.push(ForeseenAsk { what, how: "send".to_owned() }),
    }
}

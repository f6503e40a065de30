//! Asks a handler about a batch, and survives its panic.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tracing::Instrument;

use crate::consumer::Work;
use crate::disposition::Disposition;

/// A panic's message quotes what its author chose; a dead letter needs no more of it.
const MESSAGE_CHARS: usize = 200;

/// The handler's answers about a batch: one a delivery, in order, except where the handler itself gave fewer.
///
/// A panic is the answer `Retry`, so that a message that always causes one is exhausted some day instead of coming for
/// ever. Where a batch panics, each of its deliveries is handled once more, alone: only the one to blame gets that answer.
/// Handlers are idempotent, so the others bear it. State that the handler keeps is as the panic left it.
pub(crate) async fn answers<W: Work>(work: &W, consumer: &str, batch: &[W::Item]) -> Vec<Disposition> {
    let panic = match attempt(work, batch).await {
        Ok(answers) => return answers,
        Err(panic) => panic,
    };
    if let [only] = batch {
        let about = work.about(only);
        about.span.in_scope(|| {
            let (subject, attempt) = (about.subject, about.receive_count);
            tracing::error!(consumer, subject, attempt, panic, "the handler panicked");
        });
        return vec![Disposition::retry(panic)];
    }
    tracing::warn!(
        consumer,
        messages = batch.len(),
        panic,
        "the handler panicked; its messages are handled one by one"
    );
    let mut answers = Vec::with_capacity(batch.len());
    for delivery in batch {
        let mut alone = Box::pin(self::answers(work, consumer, std::slice::from_ref(delivery))).await.into_iter();
        answers.push(alone.next().unwrap_or_else(no_answer));
    }
    answers
}

/// What a delivery gets that the handler said nothing about.
pub(crate) fn no_answer() -> Disposition {
    Disposition::retry("the handler gave no answer")
}

/// The answers, or the message of the panic.
async fn attempt<W: Work>(work: &W, batch: &[W::Item]) -> Result<Vec<Disposition>, String> {
    // The batch's shared calls belong to the first trace; each delivery's own to its own.
    let span = batch.first().map_or_else(tracing::Span::none, |item| work.about(item).span.clone());
    // The call itself may panic too, before it gives a future.
    let handling = async { work.handle(batch).await }.instrument(span);
    AssertUnwindSafe(handling).catch_unwind().await.map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text: String = text.unwrap_or("no message").chars().take(MESSAGE_CHARS).collect();
    format!("the handler panicked: {text}")
}

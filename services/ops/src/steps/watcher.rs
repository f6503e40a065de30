//! One who watches orders, over a WebSocket: first where orders can go, then their steps, until they leave, fall silent or behind,
//! their token ends or we drain.

use std::sync::Arc;
use std::time::Duration;

use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::{Steps, Told};

/// Pings go out this often. A watcher from whom nothing came between two of them is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a watcher may leave a message unread.
const SLOWEST: Duration = Duration::from_secs(5);
/// Watchers have nothing to tell us; a control frame has 125 bytes at the most.
pub(crate) const MAX_FRAME: usize = 1_024;

/// Why a watcher is sent away.
enum End {
    /// They left, or their connection did.
    Gone,
    /// We close, for this reason.
    Close(CloseCode, &'static str),
}

/// Serves one watcher until `ends`; `_place` is their place among all.
pub(crate) async fn serve(
    steps: Arc<Steps>,
    ends: Instant,
    mut session: Session,
    mut messages: MessageStream,
    _place: OwnedSemaphorePermit,
) {
    let end = converse(&steps, ends, &mut session, &mut messages).await;
    if let End::Close(code, description) = end {
        let reason = CloseReason { code, description: Some(description.to_owned()) };
        // Whoever does not take it within the time is dropped with the session.
        timeout(SLOWEST, session.close(Some(reason))).await.ok();
    }
}

async fn converse(steps: &Steps, ends: Instant, session: &mut Session, messages: &mut MessageStream) -> End {
    let Told { messages: mut told, mut reading } = steps.watch();
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.tick().await;
    let (mut heard, mut begun) = (true, false);
    loop {
        let sent = tokio::select! {
            biased;
            () = steps.closing().cancelled() => return End::Close(CloseCode::Away, "the server is going away"),
            () = sleep_until(ends) => return End::Close(CloseCode::Policy, "the access token has ended"),
            message = messages.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                Some(Ok(Message::Ping(payload))) => {
                    heard = true;
                    in_time(session.pong(&payload)).await
                }
                Some(Ok(_)) => {
                    heard = true;
                    continue;
                }
            },
            _ = heartbeat.tick() => {
                if !std::mem::take(&mut heard) {
                    return End::Gone;
                }
                in_time(session.ping(b"")).await
            }
            // Not before what comes into the stream is seen: whoever was told to begin may rely on that.
            reads = async { reading.wait_for(|reading| *reading).await.is_ok() }, if !begun => {
                begun = true;
                // What was told before is nobody's who had not begun.
                told = told.resubscribe();
                reads && in_time(session.text(steps.begin())).await
            }
            message = told.recv(), if begun => match message {
                Ok(text) => in_time(session.text(text.to_string())).await,
                Err(RecvError::Lagged(_)) => return End::Close(CloseCode::Again, "too slow"),
                Err(RecvError::Closed) => false,
            },
        };
        if !sent {
            return End::Gone;
        }
    }
}

async fn in_time(sending: impl Future<Output = Result<(), actix_ws::Closed>>) -> bool {
    matches!(timeout(SLOWEST, sending).await, Ok(Ok(())))
}

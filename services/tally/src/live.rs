//! One live client over a WebSocket: first a snapshot, then changes, until it leaves, falls silent or we drain.

use std::sync::Arc;
use std::time::Duration;

use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::board::{Board, Frame};
use crate::domain::standings::Filter;

/// Pings go out this often. A client from which nothing came between two of them is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client may leave a message unread before it is dropped. Some 32 small ones wait before that.
const SLOWEST: Duration = Duration::from_secs(5);

/// Clients have nothing to tell us; a control frame has 125 bytes at the most.
pub(crate) const MAX_FRAME: usize = 1_024;

/// Why a client is sent away.
enum End {
    /// It left, or its connection did; nothing can be told any more.
    Gone,
    /// We close, for this reason.
    Close(CloseCode, &'static str),
}

/// Serves one client to its end; `_place` is its place among all clients.
pub(crate) async fn serve(
    board: Arc<Board>,
    filter: Filter,
    mut session: Session,
    mut messages: MessageStream,
    _place: OwnedSemaphorePermit,
) {
    let end = converse(&board, &filter, &mut session, &mut messages).await;
    if let End::Close(code, description) = end {
        let reason = CloseReason { code, description: Some(description.to_owned()) };
        // Whoever does not take it within the time is dropped with the session.
        timeout(SLOWEST, session.close(Some(reason))).await.ok();
    }
}

async fn converse(board: &Board, filter: &Filter, session: &mut Session, messages: &mut MessageStream) -> End {
    let mut frames = board.watch();
    let mut last: Option<Arc<Frame>> = None;
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.tick().await;
    let mut heard = true;
    loop {
        tokio::select! {
            biased;
            () = board.closing().cancelled() => return End::Close(CloseCode::Away, "the server is going away"),
            message = messages.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                Some(Ok(Message::Ping(payload))) => {
                    heard = true;
                    if !in_time(session.pong(&payload)).await {
                        return End::Gone;
                    }
                }
                Some(Ok(_)) => heard = true,
            },
            _ = heartbeat.tick() => {
                if !heard || !in_time(session.ping(b"")).await {
                    return End::Gone;
                }
                heard = false;
            }
            changed = frames.changed() => {
                if changed.is_err() {
                    return End::Close(CloseCode::Away, "the server is going away");
                }
                let Some(frame) = frames.borrow_and_update().clone() else { continue };
                let told = match tell(last.as_deref(), &frame, filter, board) {
                    Some(text) => in_time(session.text(text)).await,
                    None => true,
                };
                if !told {
                    return End::Gone;
                }
                last = Some(frame);
            }
        }
    }
}

fn tell(last: Option<&Frame>, frame: &Frame, filter: &Filter, board: &Board) -> Option<String> {
    let Some(last) = last else { return Some(frame.standings.snapshot(filter, board.now())) };
    if filter.is_all() && last.sequence + 1 == frame.sequence && frame.change.is_some() {
        return frame.change.clone();
    }
    frame.standings.change(&last.standings, filter, frame.at)
}

async fn in_time(sending: impl Future<Output = Result<(), actix_ws::Closed>>) -> bool {
    matches!(timeout(SLOWEST, sending).await, Ok(Ok(())))
}

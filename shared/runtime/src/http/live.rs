//! WebSockets on which clients only listen: they are told things until they leave, fall silent or behind, or we send them away.

use std::future::pending;
use std::time::Duration;

use actix_web::http::header::UPGRADE;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{CloseCode, CloseReason, Closed, Message, MessageStream, Session};
use shotengai_contracts::api::tally::UPGRADE_REQUIRED;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Problem;

/// Pings go out this often. A client from which nothing came between two of them is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a client may leave a message unread before it is dropped. Some 32 small ones wait before that.
const SLOWEST: Duration = Duration::from_secs(5);
/// In bytes. Clients have nothing to tell us; a control frame has 125 at the most.
const MAX_FRAME: usize = 1_024;

/// Why a client is not told anything more.
#[derive(Debug)]
pub enum End {
    /// It left, or its connection did.
    Gone,
    /// We close, for this reason.
    Close(CloseCode, &'static str),
}

impl End {
    /// We drain; the client may come again, to another process.
    #[must_use]
    pub const fn away() -> Self {
        Self::Close(CloseCode::Away, "the server is going away")
    }

    /// The client did not keep up; it may come again and begin anew.
    #[must_use]
    pub const fn behind() -> Self {
        Self::Close(CloseCode::Again, "too slow")
    }
}

/// One client that listens.
pub struct Listener {
    session: Session,
    messages: MessageStream,
}

impl Listener {
    /// Takes the connection over; a client that offers one of `protocols` is answered the first of its own that is among them.
    ///
    /// # Errors
    /// `upgrade-required` for a request that is none of a WebSocket, and 400 for a bad one.
    pub fn accept(
        request: &HttpRequest,
        body: web::Payload,
        protocols: &[&str],
    ) -> Result<(HttpResponse, Self), Problem> {
        if !request.headers().contains_key(UPGRADE) {
            return Err(Problem::of(&UPGRADE_REQUIRED)
                .detail("connect with a WebSocket client")
                .header(UPGRADE, "websocket"));
        }
        let (response, session, messages) = actix_ws::handle_with_protocols(request, body, protocols)
            .map_err(|error| Problem::bad_request(error.to_string()))?;
        Ok((response, Self { session, messages: messages.max_frame_size(MAX_FRAME) }))
    }

    /// Tells the client what `next` answers, text by text, until it answers an end, `closing` is cancelled or `until` is reached.
    /// What `next` waits for may be given up and waited for anew: it has to lose nothing by that.
    pub async fn tell(
        mut self,
        closing: &CancellationToken,
        until: Option<(Instant, &'static str)>,
        next: impl AsyncFnMut() -> Result<String, End>,
    ) {
        if let End::Close(code, description) = self.converse(closing, until, next).await {
            let reason = CloseReason { code, description: Some(description.to_owned()) };
            // Whoever does not take it within the time is dropped with the session.
            timeout(SLOWEST, self.session.close(Some(reason))).await.ok();
        }
    }

    async fn converse(
        &mut self,
        closing: &CancellationToken,
        until: Option<(Instant, &'static str)>,
        mut next: impl AsyncFnMut() -> Result<String, End>,
    ) -> End {
        let Self { session, messages } = self;
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.tick().await;
        let mut heard = true;
        loop {
            let sent = tokio::select! {
                biased;
                () = closing.cancelled() => return End::away(),
                why = ended(until) => return End::Close(CloseCode::Policy, why),
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
                told = next() => match told {
                    Ok(text) => in_time(session.text(text)).await,
                    Err(end) => return end,
                },
            };
            if !sent {
                return End::Gone;
            }
        }
    }
}

async fn ended(until: Option<(Instant, &'static str)>) -> &'static str {
    match until {
        Some((at, why)) => {
            sleep_until(at).await;
            why
        }
        None => pending().await,
    }
}

async fn in_time(sending: impl Future<Output = Result<(), Closed>>) -> bool {
    matches!(timeout(SLOWEST, sending).await, Ok(Ok(())))
}

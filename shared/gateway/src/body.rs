//! Bodies on their way through.
//!
//! The first 64 KiB of a request are read before a role hears of it: a client that trickles a small body, as nearly all
//! are, keeps only us busy, and such a body can be sent again when nobody could be connected to. The rest streams.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web;
use actix_web::web::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::failure::Fate;

/// Body that is sent to a role.
pub type Sent = UnsyncBoxBody<Bytes, Fate>;

/// So much of a body is read before a role hears of it.
pub const READ_AHEAD: usize = 64 * 1024;
const CHUNKS_IN_HAND: usize = 4;

/// A request's body.
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Its beginning; the rest is on its way.
    Streaming {
        /// Beginning and rest.
        body: Sent,
        /// Set when the client's side comes to a bad end.
        fate: Arc<OnceLock<Fate>>,
    },
}

impl Body {
    /// Reads the beginning of a body of at most `limit` bytes, or all of a small one, within `timeout`; what then still
    /// comes has the same bounds.
    ///
    /// # Errors
    /// [`Fate`]
    pub async fn read(mut payload: web::Payload, limit: usize, timeout: Duration) -> Result<Self, Fate> {
        let deadline = Instant::now() + timeout;
        let mut start = Vec::new();
        loop {
            match next(&mut payload, start.len(), limit, deadline, timeout).await? {
                None => return Ok(Self::Whole(start.into())),
                Some(chunk) => start.extend_from_slice(&chunk),
            }
            if start.len() >= READ_AHEAD {
                break;
            }
        }
        let (sender, receiver) = mpsc::channel(CHUNKS_IN_HAND);
        let fate = Arc::new(OnceLock::new());
        let (told, mut read) = (Arc::clone(&fate), start.len());
        // The payload belongs to this thread, the connection to a role to any.
        actix_web::rt::spawn(async move {
            loop {
                let chunk = next(&mut payload, read, limit, deadline, timeout).await.transpose();
                let Some(chunk) = chunk else { break };
                match &chunk {
                    Ok(chunk) => read += chunk.len(),
                    Err(bad) => told.set(*bad).unwrap_or_default(),
                }
                let ended = chunk.is_err();
                if sender.send(chunk).await.is_err() || ended {
                    break;
                }
            }
        });
        let rest = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        let all = stream::once(async { Ok(Bytes::from(start)) }).chain(rest).map_ok(Frame::data);
        Ok(Self::Streaming { body: StreamBody::new(all).boxed_unsync(), fate })
    }

    /// A body of nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

/// These bytes, to be sent.
#[must_use]
pub fn whole(bytes: Bytes) -> Sent {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

async fn next(
    payload: &mut web::Payload,
    read: usize,
    limit: usize,
    deadline: Instant,
    timeout: Duration,
) -> Result<Option<Bytes>, Fate> {
    let chunk = timeout_at(deadline, payload.next()).await.map_err(|_| Fate::Late(timeout.as_secs()))?;
    let Some(chunk) = chunk.transpose().map_err(|_| Fate::Broken)? else { return Ok(None) };
    if read + chunk.len() > limit { Err(Fate::TooLarge(limit)) } else { Ok(Some(chunk)) }
}

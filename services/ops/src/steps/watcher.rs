//! What one who watches orders is told: first where orders can go, then their steps.

use std::sync::Arc;

use shotengai_runtime::http::live::{End, Listener};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::{Steps, Told};

/// Serves one watcher until `ends`; `_place` is their place among all.
pub(crate) async fn serve(steps: Arc<Steps>, ends: Instant, listener: Listener, _place: OwnedSemaphorePermit) {
    let Told { messages: mut told, mut reading } = steps.watch();
    let mut begun = false;
    let next = async || {
        if !begun {
            // Not before what comes into the stream is seen: whoever was told to begin may rely on that.
            reading.wait_for(|reading| *reading).await.map_err(|_| End::Gone)?;
            begun = true;
            // What was told before is nobody's who had not begun.
            told = told.resubscribe();
            return Ok(steps.begin());
        }
        told.recv().await.map(|text| text.to_string()).map_err(|error| match error {
            RecvError::Lagged(_) => End::behind(),
            RecvError::Closed => End::Gone,
        })
    };
    listener.tell(steps.closing(), Some((ends, "the access token has ended")), next).await;
}

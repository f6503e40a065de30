//! What a live client is told: first a snapshot, then changes.

use std::sync::Arc;

use shotengai_runtime::http::live::{End, Listener};
use tokio::sync::OwnedSemaphorePermit;

use crate::board::{Board, Frame};
use crate::domain::standings::Filter;

/// Serves one client to its end; `_place` is its place among all clients.
pub(crate) async fn serve(board: Arc<Board>, filter: Filter, listener: Listener, _place: OwnedSemaphorePermit) {
    let mut frames = board.watch();
    let mut last: Option<Arc<Frame>> = None;
    let next = async || {
        loop {
            frames.changed().await.map_err(|_| End::away())?;
            let Some(frame) = frames.borrow_and_update().clone() else { continue };
            let text = tell(last.as_deref(), &frame, &filter, &board);
            last = Some(frame);
            if let Some(text) = text {
                return Ok(text);
            }
        }
    };
    listener.tell(board.closing(), None, next).await;
}

fn tell(last: Option<&Frame>, frame: &Frame, filter: &Filter, board: &Board) -> Option<String> {
    let Some(last) = last else { return Some(frame.standings.snapshot(filter, board.now())) };
    if filter.is_all() && last.sequence + 1 == frame.sequence && frame.change.is_some() {
        return frame.change.clone();
    }
    frame.standings.change(&last.standings, filter, frame.at)
}

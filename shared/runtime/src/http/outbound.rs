//! Requests that we make.

use reqwest::RequestBuilder;
use shotengai_messaging::trace::{TRACEPARENT, current_traceparent};

/// The request with the current trace's context in it.
pub fn with_trace(request: RequestBuilder) -> RequestBuilder {
    match current_traceparent() {
        Some(traceparent) => request.header(TRACEPARENT, traceparent),
        None => request,
    }
}

//! One request to a role, and its answer back.

use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use futures::{Stream, stream};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use shotengai_contracts::api::shared;
use shotengai_messaging::trace::current_traceparent;
use shotengai_runtime::auth::AuthError;
use shotengai_runtime::http::{BODY_LIMIT, HttpState, Recognized, declared_length, request_id};
use shotengai_runtime::{Caller, Problem};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, Span, field};

use crate::admission::Class;
use crate::body::{Body, READ_AHEAD};
use crate::client::Client;
use crate::exchange::Exchanged;
use crate::failure::{Failure, Fate};
use crate::upstream::{Answered, Outgoing, Permit, Upstream};
use crate::{Door, headers};

/// A token that can't be checked at the moment is known to nobody behind the door: it would be called a bad one there.
pub(super) fn refuse_unknown_callers(request: &HttpRequest) -> Result<(), Problem> {
    match request.extensions().get::<Recognized>() {
        Some(Recognized(Err(error @ AuthError::Unavailable))) => Err((*error).into()),
        _ => Ok(()),
    }
}

/// Forwards a request to `upstream`.
///
/// # Errors
/// A [`Problem`] of ours, where the role gave no answer. Whatever it answered is passed on as it is.
pub async fn forward(
    door: &Door,
    upstream: &Upstream,
    request: &HttpRequest,
    payload: web::Payload,
    class: Class,
) -> Result<HttpResponse, Problem> {
    refuse_loops(request)?;
    refuse_unknown_callers(request)?;
    if !request.method().is_safe() {
        // Whoever changes something is signed in. A stranger's body is not waited for, here as there.
        Caller::extract(request).await?;
    }
    let role = upstream.name();
    let declared = declared_length(request.headers());
    // Before the first byte of it is read, and until the role has it.
    let room = HttpState::of(request)?.bodies().take(declared, READ_AHEAD)?;
    let body = read(door, declared, payload).await.map_err(|fate| Failure::Body(fate).problem(role))?;
    let span = span(role, request);
    let outcome = send(door, upstream, request, (body, class), &[]).instrument(span.clone()).await;
    drop(room);
    note(&span, &outcome);
    let Answered { response, permit, deadline } = outcome.map_err(|failure| failure.problem(role))?;
    Ok(answer(request.method(), response, permit, deadline))
}

/// Sends the request's head, with more headers, and this body.
pub(super) async fn send(
    door: &Door,
    upstream: &Upstream,
    request: &HttpRequest,
    (body, class): (Body, Class),
    more: &[(hyper::header::HeaderName, HeaderValue)],
) -> Result<Answered, Failure> {
    let client = Client::of(request.headers(), request.peer_addr().map(|peer| peer.ip()), door.trust);
    let mut headers = headers::onward(request.headers(), &client, request_id(request), current_traceparent());
    if let Some(exchanged) = request.extensions().get::<Exchanged>()
        && let Ok(bearer) = HeaderValue::try_from(format!("Bearer {}", exchanged.token))
    {
        headers.insert(AUTHORIZATION, bearer);
    }
    headers.extend(more.iter().cloned());
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let method = hyper::Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or_default();
    upstream.send(Outgoing { method, target, headers, body, class }).await
}

/// Two doors that know only each other, or one that knows itself.
pub(super) fn refuse_loops(request: &HttpRequest) -> Result<(), Problem> {
    if headers::has_been_here(request.headers()) {
        tracing::error!(path = request.match_pattern(), "a request came back: an address leads to a storefront");
        return Err(Problem::of(&shared::FORWARDING_LOOP));
    }
    Ok(())
}

async fn read(door: &Door, declared: Option<usize>, payload: web::Payload) -> Result<Body, Fate> {
    match declared {
        Some(length) if length > BODY_LIMIT => Err(Fate::TooLarge(BODY_LIMIT)),
        Some(0) => Ok(Body::empty()),
        _ => Body::read(payload, BODY_LIMIT, door.read_timeout).await,
    }
}

pub(super) fn span(role: &'static str, request: &HttpRequest) -> Span {
    tracing::info_span!(
        "forward",
        otel.name = %format!("{} {role}", request.method()),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = %request.method(),
        http.response.status_code = field::Empty,
        error.type = field::Empty,
        server.address = role,
        url.template = request.match_pattern(),
    )
}

pub(super) fn note(span: &Span, outcome: &Result<Answered, Failure>) {
    match outcome {
        Ok(answered) => {
            let status = answered.response.status().as_u16();
            span.record("http.response.status_code", status);
            if status >= 500 {
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(failure) => {
            span.record("error.type", failure.name());
            span.record("otel.status_code", "ERROR");
            span.in_scope(|| tracing::warn!(%failure, "not forwarded"));
        }
    }
}

/// A role's answer, its body still coming.
pub(super) fn answer(
    method: &Method,
    response: hyper::Response<Incoming>,
    permit: Permit,
    deadline: Instant,
) -> HttpResponse {
    let (parts, body) = response.into_parts();
    let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut answer = HttpResponse::build(status);
    if matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
        // As the role does: nobody wants to read the rest of the body.
        answer.force_close();
    }
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    headers::homeward(parts.headers, &mut answer);
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return answer.finish();
    }
    // Of an answer to HEAD the length is that of what GET would answer.
    let length = if *method == Method::HEAD { length } else { body.size_hint().exact() };
    let chunks = Box::pin(chunks(body, permit, deadline));
    match length {
        Some(length) => answer.body(BoxBody::new(SizedStream::new(length, chunks))),
        None => answer.streaming(chunks),
    }
}

/// What the client is given next.
enum Part {
    Data(Bytes),
    /// The answer is whole.
    End,
    Cut(std::io::Error),
}

/// Ends with an error where the answer was cut off: the client's connection is then cut off, too, and nobody takes
/// a half for the whole. The role's answer is read by a task of its own, since a client that reads nothing has us ask
/// for nothing: without it the place would be taken for as long as such a client likes.
fn chunks(body: Incoming, permit: Permit, deadline: Instant) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let gone = sender.clone();
        tokio::select! {
            () = pump(body, &sender) => {}
            () = gone.closed() => {}
            // A client that reads sees why there is no more; of another nothing is waited for.
            () = sleep_until(deadline) => drop(sender.try_send(Part::Cut(std::io::ErrorKind::TimedOut.into()))),
        }
        drop(permit);
    });
    stream::unfold(Some(receiver), |open| async move {
        let mut receiver = open?;
        match receiver.recv().await {
            Some(Part::Data(data)) => Some((Ok(data), Some(receiver))),
            Some(Part::End) => None,
            Some(Part::Cut(error)) => Some((Err(error), None)),
            None => Some((Err(std::io::ErrorKind::TimedOut.into()), None)),
        }
    })
}

async fn pump(mut body: Incoming, client: &mpsc::Sender<Part>) {
    loop {
        let part = match body.frame().await {
            None => Part::End,
            Some(Err(error)) => Part::Cut(std::io::Error::other(error)),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => Part::Data(data),
                // Trailers.
                Err(_) => continue,
            },
        };
        let ends = !matches!(part, Part::Data(_));
        if client.send(part).await.is_err() || ends {
            return;
        }
    }
}

//! WebSockets: after the handshake, bytes both ways, unread.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures::{Stream, StreamExt, stream};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use shotengai_runtime::Problem;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;

use crate::admission::{Class, WEB_SOCKET};
use crate::body::Body;
use crate::failure::Failure;
use crate::upstream::Upstream;
use crate::{Door, forward, headers};

const CHUNK: usize = 16 * 1024;

type Role = TokioIo<Upgraded>;

/// Opens a tunnel to `upstream`. What it answers instead of opening is passed on.
///
/// # Errors
/// A [`Problem`] of ours, where there are too many tunnels or the role gave no answer.
pub async fn open(
    door: &Door,
    upstream: &Upstream,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    forward::refuse_loops(request)?;
    forward::refuse_unknown_callers(request)?;
    let role = upstream.name();
    let permit = std::sync::Arc::clone(&door.tunnels).try_acquire_owned().map_err(|_| Failure::Full.problem(role))?;
    let span = forward::span(role, request);
    let upgrade = [
        (CONNECTION, HeaderValue::from_static("upgrade")),
        (hyper::header::UPGRADE, HeaderValue::from_static(WEB_SOCKET)),
    ];
    let outcome =
        forward::send(door, upstream, request, (Body::empty(), Class::Socket), &upgrade).instrument(span.clone()).await;
    forward::note(&span, &outcome);
    let answered = outcome.map_err(|failure| failure.problem(role))?;
    let mut response = answered.response;
    if response.status().as_u16() != StatusCode::SWITCHING_PROTOCOLS.as_u16() {
        return Ok(forward::answer(request.method(), response, answered.permit, answered.deadline));
    }
    let upgraded = hyper::upgrade::on(&mut response).await.map_err(|_| Failure::Cut.problem(role))?;
    let (from_role, to_role) = tokio::io::split(TokioIo::new(upgraded));
    let ended = door.closing.child_token();
    actix_web::rt::spawn(up(payload, to_role, ended.clone()));
    let mut answer = HttpResponse::SwitchingProtocols();
    headers::homeward(std::mem::take(response.headers_mut()), &mut answer);
    Ok(answer.upgrade(WEB_SOCKET).streaming(down(from_role, ended, permit)))
}

/// From the client to the role, until one of them or the tunnel ends.
async fn up(mut payload: web::Payload, mut role: WriteHalf<Role>, ended: CancellationToken) {
    loop {
        let chunk = tokio::select! {
            biased;
            () = ended.cancelled() => break,
            chunk = payload.next() => chunk,
        };
        let Some(Ok(chunk)) = chunk else { break };
        if role.write_all(&chunk).await.is_err() {
            break;
        }
    }
    // It may be gone already.
    role.shutdown().await.ok();
}

/// From the role to the client. Dropped with the client's connection, it ends the other direction, too.
fn down(
    role: ReadHalf<Role>,
    ended: CancellationToken,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    struct Open {
        role: ReadHalf<Role>,
        ended: CancellationToken,
        _ends: DropGuard,
        _place: OwnedSemaphorePermit,
    }
    let open = Open { role, _ends: ended.clone().drop_guard(), ended, _place: permit };
    Box::pin(stream::unfold(open, |mut open| async move {
        let mut chunk = vec![0; CHUNK];
        let read = tokio::select! {
            biased;
            () = open.ended.cancelled() => return None,
            read = open.role.read(&mut chunk) => read,
        };
        match read {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok(chunk.into()), open))
            }
        }
    }))
}

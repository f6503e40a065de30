//! Sockets, deadlines and the store around a [`Session`].

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    reply::Reply,
    session::{Action, Session},
};
use crate::store::InboxStore;

/// Silence after which a client is let go: RFC 5321, 4.5.3.2.7.
const IDLE: Duration = Duration::from_secs(300);
/// A client that does not read its answers is let go sooner.
const WRITE: Duration = Duration::from_secs(30);
/// For messages on their way when the server stops.
const DRAIN: Duration = Duration::from_millis(500);
/// Before accepting again when the system is short of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 16 * 1024;

/// Limits of the mail half.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) max_message_bytes: usize,
    pub(crate) max_connections: usize,
}

/// Serves until `stopping`, then lets messages on their way finish for half a second.
pub(crate) async fn serve(listener: TcpListener, store: InboxStore, limits: Limits, stopping: CancellationToken) {
    let permits = Arc::new(Semaphore::new(limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        // The permit comes first: a connection beyond the limit stays in the backlog and costs nothing here.
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept(&listener, &permits) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        let (store, stopping) = (store.clone(), stopping.clone());
        connections.spawn(async move {
            if let Err(error) = converse(stream, &store, limits.max_message_bytes, &stopping).await {
                tracing::debug!(kind = ?error.kind(), "an SMTP client went away");
            }
            drop(permit);
        });
    }
    drop(listener);
    if timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "SMTP clients cut off while sending");
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _peer)) => Some((stream, permit)),
        Err(error) => {
            tracing::warn!(kind = ?error.kind(), "cannot accept an SMTP connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn converse(
    mut stream: TcpStream,
    store: &InboxStore,
    max_message_bytes: usize,
    stopping: &CancellationToken,
) -> io::Result<()> {
    // Answers are small and each is waited for.
    stream.set_nodelay(true)?;
    let mut session = Session::new(max_message_bytes);
    let mut bytes = vec![0; READ_BYTES];
    let mut answers = Vec::new();
    Reply::greeting().write_to(&mut answers);
    loop {
        let open = settle(&mut session, store, &mut answers).await;
        timeout(WRITE, stream.write_all(&answers)).await??;
        answers.clear();
        if !open {
            return stream.shutdown().await;
        }
        let parting = tokio::select! {
            biased;
            () = stopping.cancelled(), if !session.is_receiving_message() => Reply::closing(),
            read = timeout(IDLE, stream.read(&mut bytes)) => match read {
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(length)) => {
                    session.receive(bytes.get(..length).unwrap_or_default());
                    continue;
                }
                Ok(Err(error)) => return Err(error),
                Err(_elapsed) => Reply::too_slow(),
            },
        };
        parting.write_to(&mut answers);
        timeout(WRITE, stream.write_all(&answers)).await??;
        return stream.shutdown().await;
    }
}

/// Does all that the session asks and collects the answers; `false` once it is over.
async fn settle(session: &mut Session, store: &InboxStore, answers: &mut Vec<u8>) -> bool {
    while let Some(action) = session.next() {
        let reply = match action {
            Action::Reply(reply) => reply,
            Action::Refuse(reply) => {
                store.count_rejected();
                reply
            }
            Action::Close(reply) => {
                reply.write_to(answers);
                return false;
            }
            Action::Deliver(envelope, message) => {
                let store = store.clone();
                // Off the runtime: reading 25 MiB of MIME takes a while, and a fault in the reader must only cost
                // this message.
                match tokio::task::spawn_blocking(move || store.insert(&envelope, &message)).await {
                    Ok(id) => Reply::accepted(&id),
                    Err(_fault) => {
                        tracing::error!("a message could not be read and was refused");
                        Reply::failed()
                    }
                }
            }
        };
        reply.write_to(answers);
    }
    true
}

//! What can happen to an exchange.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_LENGTH;
use hyper::{Request, Response};

use super::aws_error::{Trouble, answer};
use super::rule::Standing;
use super::{Exchange, Shared};

/// What the proxy does with an exchange.
#[derive(Debug, Clone)]
pub enum Action {
    /// Answers this; nothing is forwarded.
    Answer {
        /// The status.
        status: u16,
        /// The body.
        body: String,
        /// Headers beside its length.
        headers: Vec<(String, String)>,
    },
    /// Answers that the service failed, in the service's words.
    ServerError,
    /// Answers that there were too many requests.
    Throttle,
    /// Answers that the caller may not do this.
    AccessDenied,
    /// Closes the connection; nothing is forwarded.
    DropRequest,
    /// Forwards, then closes the connection without the answer.
    LoseAnswer,
    /// Waits, then forwards.
    Delay(Duration),
    /// Forwards when the rule is released.
    Hold,
    /// Forwards, and hands the answer over when the rule is released.
    HoldAnswer,
    /// Forwards; the rule only counts.
    Pass,
    /// Forwards something else in its place; see [`Action::change`].
    Change(Changed),
    /// Finds out when it comes to it; see [`Action::ask`].
    Ask(Asked),
}

type Alteration = dyn Fn(&mut Exchange) + Send + Sync;

/// What is forwarded in an exchange's place.
#[derive(Clone)]
pub struct Changed(Arc<Alteration>);

impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changed")
    }
}

type Question = dyn Fn(&Exchange) -> BoxFuture<'static, Action> + Send + Sync;

/// What is asked for an action.
#[derive(Clone)]
pub struct Asked(Arc<Question>);

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

impl Action {
    /// An action that is found out for each exchange, and may be waited for: dropped when the sender goes meanwhile.
    pub fn ask<F>(question: impl Fn(&Exchange) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Self> + Send + 'static,
    {
        Self::Ask(Asked(Arc::new(move |exchange| Box::pin(question(exchange)))))
    }

    /// Forwards what this makes of an exchange. Its signature is then wrong, which the local AWS does not mind.
    pub fn change(alteration: impl Fn(&mut Exchange) + Send + Sync + 'static) -> Self {
        Self::Change(Changed(Arc::new(alteration)))
    }

    /// One word for it, in counts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "answered",
            Self::ServerError => "server_error",
            Self::Throttle => "throttled",
            Self::AccessDenied => "access_denied",
            Self::DropRequest => "request_dropped",
            Self::LoseAnswer => "answer_lost",
            Self::Delay(_) => "delayed",
            Self::Hold => "held",
            Self::HoldAnswer => "answer_held",
            Self::Pass => "watched",
            Self::Change(_) => "changed",
            Self::Ask(_) => "asked",
        }
    }
}

pub(super) type Answered = Result<Response<Full<Bytes>>, io::Error>;

/// The server closes a connection without a word when its service fails.
fn cut() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

/// One exchange, from request to answer.
pub(super) async fn perform(shared: Arc<Shared>, request: Request<Incoming>) -> Answered {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let exchange = Exchange::new(&parts, body);
    shared.note(&exchange);
    let Some((rule, mut action)) = shared.decide(&exchange) else {
        return shared.upstream.forward(exchange).await;
    };
    while let Action::Ask(Asked(question)) = &action {
        action = question(&exchange).await;
    }
    // In a task of its own, since a sender who gives up must not undo what the rule says.
    let acting = tokio::spawn(async move { act(&shared, &rule, action, exchange).await });
    acting.await.map_err(io::Error::other)?
}

async fn act(shared: &Shared, rule: &Standing, action: Action, mut exchange: Exchange) -> Answered {
    let trouble = match action {
        Action::Change(Changed(ref alteration)) => {
            alteration(&mut exchange);
            // Said anew, by the body's own length.
            exchange.headers.remove(CONTENT_LENGTH);
            let answered = shared.upstream.forward(exchange).await;
            rule.hit(&action);
            return answered;
        }
        Action::LoseAnswer | Action::HoldAnswer => {
            let answered = shared.upstream.forward(exchange).await;
            rule.hit(&action);
            let handed_over = matches!(action, Action::HoldAnswer) && rule.gate().await;
            return if handed_over { answered } else { Err(cut()) };
        }
        Action::Hold => {
            rule.hit(&action);
            return if rule.gate().await { shared.upstream.forward(exchange).await } else { Err(cut()) };
        }
        Action::Pass | Action::Ask(_) => {
            let answered = shared.upstream.forward(exchange).await;
            rule.hit(&action);
            return answered;
        }
        Action::Delay(delay) => {
            rule.hit(&action);
            tokio::time::sleep(delay).await;
            return shared.upstream.forward(exchange).await;
        }
        Action::DropRequest => {
            rule.hit(&action);
            return Err(cut());
        }
        Action::Answer { status, ref body, ref headers } => {
            rule.hit(&action);
            let named = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let builder =
                named.fold(Response::builder().status(status), |builder, (name, value)| builder.header(name, value));
            return builder.body(Full::from(body.clone())).map_err(io::Error::other);
        }
        Action::ServerError => Trouble::ServerError,
        Action::Throttle => Trouble::Throttle,
        Action::AccessDenied => Trouble::AccessDenied,
    };
    rule.hit(&action);
    Ok(answer(trouble, &exchange))
}

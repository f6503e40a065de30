//! Errors of the API server, and their meaning to a caller.

use std::future::Future;
use std::time::Duration;

use kube::Error;
use shotengai_messaging::{Fault, FaultKind};

/// How a call ended that didn't do what was asked.
#[derive(Debug)]
pub(crate) enum Refused {
    /// 409: another was faster, or what is to be created is there.
    Conflict,
    /// 404 for the object.
    Missing,
    /// Anything else.
    Fault(Fault),
}

/// A call's answer within `limit`.
pub(crate) async fn call<T>(
    operation: &'static str,
    limit: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Refused> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(refused(operation, &error)),
        Err(_) => {
            let why = format!("no answer within {} ms", limit.as_millis());
            Err(Refused::Fault(Fault::new(FaultKind::Transient, operation, why)))
        }
    }
}

fn refused(operation: &'static str, error: &Error) -> Refused {
    let Error::Api(status) = error else {
        let why = chain(error);
        let kind = match error {
            Error::Auth(_) => FaultKind::Denied,
            Error::SerdeError(_) | Error::BuildRequest(_) => FaultKind::Permanent,
            _ => FaultKind::Transient,
        };
        return Refused::Fault(Fault::new(kind, operation, why));
    };
    let kind = match status.code {
        // A namespace that is missing is a 404, too: nothing to go on with.
        404 if !status.message.starts_with("namespaces ") => return Refused::Missing,
        409 => return Refused::Conflict,
        429 => FaultKind::Throttled,
        // A page of a list that took too long; a server that is overloaded, starting or away.
        408 | 410 | 500..=599 => FaultKind::Transient,
        401 | 403 | 404 => FaultKind::Denied,
        _ => FaultKind::Permanent,
    };
    let why = format!("{} {}: {}", status.code, status.reason, status.message);
    Refused::Fault(Fault::new(kind, operation, why))
}

/// An error and what caused it: hyper's own words say little.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

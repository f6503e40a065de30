//! Turns the SDK's errors into faults. The only place that decides what can be tried again.
//!
//! A fault's text holds the service's error code and message or the connection's error, never a request or an answer:
//! faults are logged.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use shotengai_messaging::{Fault, FaultKind, Message};

/// Services' messages are short; anything longer quotes what it was given.
const MESSAGE_MAX: usize = 200;
/// The most attributes of a message that goes to a queue.
const ATTRIBUTES_MAX: usize = 10;

/// Refusals that mean "later".
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "KMSThrottlingException",
    "LimitExceededException",
    "OverLimit",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflict",
    "TransactionConflictException",
];

/// Answers that leave open whether anything happened, and tickets that ran out.
const TRANSIENT: &[&str] = &[
    "ExpiredIteratorException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestExpired",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    // Our own transaction may be happening.
    "TransactionInProgressException",
];

/// What the installation does not let us do: permissions, keys, credentials, and what was never made or is gone.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "EndpointDisabled",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSecurityException",
    "InvalidSignatureException",
    "KMSAccessDenied",
    "KMSAccessDeniedException",
    "KMSDisabled",
    "KMSDisabledException",
    "KMSInvalidState",
    "KMSInvalidStateException",
    "KMSNotFound",
    "KMSNotFoundException",
    "KMSOptInRequired",
    "KmsAccessDenied",
    "KmsDisabled",
    "KmsInvalidKeyUsage",
    "KmsInvalidState",
    "KmsNotFound",
    "KmsOptInRequired",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NonExistentQueue",
    "NotAuthorized",
    "NotFound",
    "NotFoundException",
    "OptInRequired",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "TableNotFoundException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// What can be done about an error of this code and status.
pub(crate) fn kind_of(code: &str, status: Option<u16>) -> FaultKind {
    // Query-protocol codes carry a name space: `AWS.SimpleQueueService.NonExistentQueue`.
    let code = code.rsplit(['.', '#']).next().unwrap_or(code);
    if THROTTLED.contains(&code) || status == Some(429) {
        FaultKind::Throttled
    } else if TRANSIENT.contains(&code) || status.is_some_and(|status| status >= 500) {
        FaultKind::Transient
    } else if DENIED.contains(&code) || matches!(status, Some(401 | 403 | 404)) {
        FaultKind::Denied
    } else {
        FaultKind::Permanent
    }
}

/// The fault of a call that failed as a whole.
pub(crate) fn fault<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let metadata = answer.err().meta();
            let status = answer.raw().status().as_u16();
            let code = metadata.code().unwrap_or("unknown error");
            Fault::new(kind_of(code, Some(status)), operation, text(code, metadata.message()))
        }
        SdkError::TimeoutError(_) => Fault::new(FaultKind::Transient, operation, "no answer in time"),
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            Fault::new(FaultKind::Transient, operation, format!("unreadable answer of status {status}"))
        }
        SdkError::DispatchFailure(failure) => {
            let cause = failure.as_connector_error().map_or_else(String::new, |error| chain(error));
            Fault::new(FaultKind::Transient, operation, format!("not sent or not answered: {cause}"))
        }
        other => Fault::new(FaultKind::Permanent, operation, format!("the request was not made: {}", chain(other))),
    }
}

/// The fault of one entry of a batch that otherwise got its answer. A known code says what it is; an unknown one is the
/// service's own trouble unless it says that the entry is to blame.
pub(crate) fn entry_fault(operation: &'static str, code: &str, message: Option<&str>, entry_to_blame: bool) -> Fault {
    let kind = match kind_of(code, None) {
        FaultKind::Permanent if !entry_to_blame => FaultKind::Transient,
        known => known,
    };
    Fault::new(kind, operation, text(code, message))
}

/// The fault of an entry that the answer does not mention.
pub(crate) fn unanswered(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Transient, operation, "the answer left this entry out")
}

/// A fault of the request itself.
pub(crate) fn invalid(operation: &'static str, why: impl Into<Box<dyn Error + Send + Sync>>) -> Fault {
    Fault::new(FaultKind::Permanent, operation, why)
}

/// Why no queue takes this message; found before it is sent, since a service may refuse its whole batch for it.
pub(crate) fn unsendable(message: &Message) -> Option<&'static str> {
    let Message { body, attributes, .. } = message;
    if body.is_empty() {
        Some("the body is empty")
    } else if attributes.len() > ATTRIBUTES_MAX {
        Some("more than 10 attributes")
    } else if attributes.iter().any(|(name, value)| name.is_empty() || value.is_empty()) {
        Some("an attribute without name or value")
    } else {
        None
    }
}

/// Puts the faults of entries that were never sent in place of their missing answers.
pub(crate) fn with_unsent(
    operation: &'static str,
    answers: Vec<Result<(), Fault>>,
    unsent: &[Option<&'static str>],
) -> Vec<Result<(), Fault>> {
    let both = answers.into_iter().zip(unsent);
    both.map(|(answer, unsent)| unsent.map_or(answer, |why| Err(invalid(operation, why)))).collect()
}

/// The same fault for each of `entries`.
pub(crate) fn for_each(fault: &Fault, entries: usize) -> Vec<Result<(), Fault>> {
    (0..entries).map(|_| Err(fault.clone())).collect()
}

fn text(code: &str, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("{code}: {}", message.chars().take(MESSAGE_MAX).collect::<String>()),
        None => code.to_owned(),
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_happened_is_told_from_what_did_not() {
        assert_eq!(kind_of("ProvisionedThroughputExceededException", Some(400)), FaultKind::Throttled);
        assert_eq!(kind_of("AWS.SimpleQueueService.OverLimit", Some(403)), FaultKind::Throttled);
        assert_eq!(kind_of("InternalServerError", Some(500)), FaultKind::Transient);
        assert_eq!(kind_of("something new", Some(503)), FaultKind::Transient);
        assert_eq!(kind_of("ExpiredIteratorException", Some(400)), FaultKind::Transient);
        assert_eq!(kind_of("TransactionInProgressException", Some(400)), FaultKind::Transient);
        assert_eq!(kind_of("ValidationException", Some(400)), FaultKind::Permanent);
    }

    #[test]
    fn what_an_operator_has_to_mend_is_told_from_what_is_wrong_with_a_request() {
        for code in ["AccessDeniedException", "ResourceNotFoundException", "KMSDisabledException", "QueueDoesNotExist"]
        {
            assert_eq!(kind_of(code, Some(400)), FaultKind::Denied, "{code}");
        }
        assert_eq!(kind_of("AWS.SimpleQueueService.NonExistentQueue", Some(400)), FaultKind::Denied);
        // An entry of a batch comes without a status, or with one that was made up.
        assert_eq!(entry_fault("sns.PublishBatch", "AuthorizationError", None, true).kind(), FaultKind::Denied);
        assert_eq!(kind_of("something new", Some(403)), FaultKind::Denied);
        // Nobody says of an entry of S3 whose fault it is; what can't be allowed by trying again is not tried again.
        let of_entry = |code| entry_fault("s3.DeleteObjects", code, None, false).kind();
        assert_eq!(of_entry("AccessDenied"), FaultKind::Denied);
        assert_eq!(of_entry("SlowDown"), FaultKind::Throttled);
        assert_eq!([of_entry("InternalError"), of_entry("something new")], [FaultKind::Transient; 2]);
        assert_eq!(kind_of("InvalidParameterValue", Some(400)), FaultKind::Permanent);
    }

    #[test]
    fn a_long_message_is_cut_since_it_may_quote_its_request() {
        let fault = entry_fault("sqs.SendMessageBatch", "InvalidParameterValue", Some(&"x".repeat(1000)), true);
        assert!(fault.to_string().len() < 300, "{fault}");
    }

    #[test]
    fn one_fault_answers_every_entry() {
        let fault = Fault::new(FaultKind::Throttled, "kinesis.PutRecords", "slow down");
        let answers = for_each(&fault, 2);
        assert_eq!(answers.len(), 2);
        assert!(
            answers.iter().all(|answer| { answer.as_ref().is_err_and(|copy| copy.to_string() == fault.to_string()) })
        );
    }
}

//! Every request counted, every call inside a span traced.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use shotengai_messaging::receipts::{self, Amounts, Charge};
use tracing::{Span, field, info_span};

use crate::attribution;
use crate::metrics::REQUESTS;

/// Sees every attempt of every call.
///
/// The counter goes to the global meter provider, so that must be set before the first request is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observe;

/// The span of the call that the configuration bag belongs to; ends with it.
#[derive(Debug)]
struct CallSpan(Span);

impl Storable for CallSpan {
    type Storer = StoreReplace<Self>;
}

/// A refusal such as a condition that did not hold is an answer, not a failure.
const fn outcome(status: Option<u16>) -> &'static str {
    match status {
        Some(200..=399) => "ok",
        Some(429) => "throttled",
        Some(400..=499) => "refused",
        _ => "failed",
    }
}

fn status(context: &FinalizerInterceptorContextRef<'_>) -> Option<u16> {
    context.response().map(|response| response.status().as_u16())
}

impl Intercept for Observe {
    fn name(&self) -> &'static str {
        "shotengai"
    }

    // The operation's name is not known before.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if Span::current().is_none() {
            return Ok(());
        }
        let Some(call) = cfg.load::<Metadata>() else { return Ok(()) };
        let service = call.service().to_ascii_lowercase();
        let span = info_span!(
            "aws",
            otel.name = format!("{service}.{}", call.name()),
            otel.kind = "client",
            otel.status_code = field::Empty,
            rpc.system = "aws-api",
            rpc.service = service,
            rpc.method = call.name(),
            http.response.status_code = field::Empty,
        );
        cfg.interceptor_state().store_put(CallSpan(span));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = cfg.load::<Metadata>() {
            let service = call.service().to_ascii_lowercase();
            if receipts::ledger().is_some() {
                let (operation, amounts) = (call.name(), Amounts::REQUEST);
                let charge = Charge::Call { service: &service, operation, unit: "", amounts };
                receipts::book(&attribution::causes(cfg), charge);
            }
            REQUESTS.add(1, [service.into(), call.name().to_owned().into(), outcome(status(context)).into()]);
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(CallSpan(span)) = cfg.load::<CallSpan>() {
            let status = status(context);
            if let Some(status) = status {
                span.record("http.response.status_code", status);
            }
            if outcome(status) == "failed" {
                span.record("otel.status_code", "ERROR");
            }
        }
        Ok(())
    }
}

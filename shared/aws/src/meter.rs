//! What calls are paid by: units that DynamoDB says it consumed, and sizes of what goes to and from the others.
//!
//! Only answers of success are counted: what a refused or throttled request consumed isn't told. A conditional write that
//! was refused is paid like one that wasn't, so prices made of these are a little low where writers meet.

use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use aws_sdk_kinesis::operation::put_records::PutRecordsInput;
use aws_sdk_sns::operation::publish_batch::PublishBatchInput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut, Input, Output,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use shotengai_messaging::receipts::{self, Amounts};

use crate::attribution;
use crate::metrics::UNITS;

/// Kinesis counts records by so many bytes begun.
const KINESIS_UNIT: usize = 25 * 1024;
/// SNS and SQS count requests by so many bytes begun.
const MESSAGE_UNIT: usize = 64 * 1024;

/// Sees every call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter;

/// Charge for a call when it succeeds.
#[derive(Debug)]
struct Charge {
    unit: &'static str,
    units: f64,
    bytes: usize,
    entries: usize,
}

impl Charge {
    /// Without entries that have a size.
    const fn of(unit: &'static str, units: f64) -> Self {
        Self { unit, units, bytes: 0, entries: 0 }
    }

    /// Messages of one request.
    fn messages<'a>(bodies: impl Iterator<Item = &'a str>) -> Self {
        let (bytes, entries) = bodies.fold((0, 0), |(bytes, entries), body| (bytes + body.len(), entries + 1));
        Self { unit: "request", units: begun(bytes, MESSAGE_UNIT), bytes, entries }
    }
}

impl Storable for Charge {
    type Storer = StoreReplace<Self>;
}

/// Asks for the units that a call consumes, and finds them in its answer.
macro_rules! dynamodb {
    ($($module:ident::{$input:ident, $output:ident} $unit:literal;)*) => {
        fn ask_for_units(input: &mut Input) {
            $(if let Some(input) = input.downcast_mut::<aws_sdk_dynamodb::operation::$module::$input>() {
                input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                return;
            })*
        }

        fn consumed(output: &Output) -> Option<Charge> {
            $(if let Some(output) = output.downcast_ref::<aws_sdk_dynamodb::operation::$module::$output>() {
                let consumed = output.consumed_capacity.iter().flat_map(Consumed::units);
                return Some(Charge::of($unit, consumed.sum()));
            })*
            None
        }
    };
}

dynamodb! {
    get_item::{GetItemInput, GetItemOutput} "read";
    batch_get_item::{BatchGetItemInput, BatchGetItemOutput} "read";
    query::{QueryInput, QueryOutput} "read";
    scan::{ScanInput, ScanOutput} "read";
    put_item::{PutItemInput, PutItemOutput} "write";
    update_item::{UpdateItemInput, UpdateItemOutput} "write";
    delete_item::{DeleteItemInput, DeleteItemOutput} "write";
    batch_write_item::{BatchWriteItemInput, BatchWriteItemOutput} "write";
    batch_execute_statement::{BatchExecuteStatementInput, BatchExecuteStatementOutput} "write";
    transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput} "write";
}

/// One table's units, or those of several.
trait Consumed {
    fn units(&self) -> Vec<f64>;
}

impl Consumed for ConsumedCapacity {
    fn units(&self) -> Vec<f64> {
        self.capacity_units.into_iter().collect()
    }
}

impl Consumed for Vec<ConsumedCapacity> {
    fn units(&self) -> Vec<f64> {
        self.iter().filter_map(|of_table| of_table.capacity_units).collect()
    }
}

/// So many units begun; what is empty is one.
fn begun(bytes: usize, unit: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(unit).max(1)).unwrap_or(u32::MAX))
}

/// Charge for a call that its input tells.
fn sent(input: &Input) -> Option<Charge> {
    if let Some(put) = input.downcast_ref::<PutRecordsInput>() {
        let records = put.records.iter().flatten();
        let sizes = records.map(|record| record.data.as_ref().len());
        let empty = Charge::of("payload", 0.0);
        return Some(sizes.fold(empty, |Charge { unit, units, bytes, entries }, size| Charge {
            unit,
            units: units + begun(size, KINESIS_UNIT),
            bytes: bytes + size,
            entries: entries + 1,
        }));
    }
    if let Some(publish) = input.downcast_ref::<PublishBatchInput>() {
        let entries = publish.publish_batch_request_entries.iter().flatten();
        return Some(Charge::messages(entries.map(|entry| entry.message.as_str())));
    }
    if let Some(send) = input.downcast_ref::<SendMessageBatchInput>() {
        return Some(Charge::messages(send.entries.iter().flatten().map(|entry| entry.message_body.as_str())));
    }
    None
}

/// Charge for a call that its output tells.
fn received(output: &Output) -> Option<Charge> {
    if let Some(received) = output.downcast_ref::<ReceiveMessageOutput>() {
        let bodies = received.messages.iter().flatten().map(|message| message.body.as_deref().unwrap_or_default());
        return Some(Charge::messages(bodies));
    }
    consumed(output)
}

/// Other calls of SNS and SQS, each of which is one request.
fn plain(service: &str) -> Option<Charge> {
    matches!(service, "sqs" | "sns").then_some(Charge::of("request", 1.0))
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "shotengai-meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        ask_for_units(context.input_mut());
        if receipts::ledger().is_some() {
            attribution::note(context.input(), cfg);
        }
        if let Some(charge) = sent(context.input()) {
            cfg.interceptor_state().store_put(charge);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        if receipts::ledger().is_some() {
            attribution::note_answer(output, cfg);
        }
        let Some(call) = cfg.load::<Metadata>() else { return Ok(()) };
        let service = call.service().to_ascii_lowercase();
        let found = received(output).or_else(|| {
            let Charge { unit, units, bytes, entries } = *cfg.load::<Charge>()?;
            Some(Charge { unit, units, bytes, entries })
        });
        if let Some(Charge { unit, units, bytes, entries }) = found.or_else(|| plain(&service)) {
            if receipts::ledger().is_some() {
                let (operation, amounts) = (call.name(), Amounts::of(units, bytes, entries));
                let charge = receipts::Charge::Call { service: &service, operation, unit, amounts };
                receipts::book(&attribution::causes(cfg), charge);
            }
            UNITS.add(units, [service.into(), call.name().to_owned().into(), unit.into()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_counts_whole() {
        let units = [0, 1, KINESIS_UNIT, KINESIS_UNIT + 1].map(|bytes| begun(bytes, KINESIS_UNIT));
        assert_eq!(units, [1.0, 1.0, 1.0, 2.0]);
    }
}

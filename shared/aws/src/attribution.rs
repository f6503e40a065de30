//! On whose behalf a call is made.
//!
//! Calls that carry or bring events tell by what they carry: each entry is of the order that it names. All others are of the
//! work that makes them ([`Causes::current`]).

use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::operation::put_records::PutRecordsInput;
use aws_sdk_sns::operation::publish_batch::PublishBatchInput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageOutput;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use shotengai_messaging::receipts::{Causes, order_in, order_in_record};

/// Causes of a call, as it begins.
#[derive(Debug)]
struct OfCall(Causes);

impl Storable for OfCall {
    type Storer = StoreReplace<Self>;
}

/// Causes of what a call has brought.
#[derive(Debug)]
struct OfAnswer(Causes);

impl Storable for OfAnswer {
    type Storer = StoreReplace<Self>;
}

/// Notes the causes of a call that is about to be made.
pub(crate) fn note(input: &Input, cfg: &mut ConfigBag) {
    let causes = sent(input).unwrap_or_else(Causes::current);
    cfg.interceptor_state().store_put(OfCall(causes));
}

/// Notes the causes of what a call has brought, where it brings any. Who only watches was brought nothing by an order.
pub(crate) fn note_answer(output: &Output, cfg: &mut ConfigBag) {
    if matches!(noted(cfg), Causes::Watcher) {
        return;
    }
    if let Some(causes) = received(output) {
        cfg.interceptor_state().store_put(OfAnswer(causes));
    }
}

/// Causes of a call: of what it has brought, or else of what it is made for.
pub(crate) fn causes(cfg: &ConfigBag) -> Causes {
    cfg.load::<OfAnswer>().map_or_else(|| noted(cfg), |OfAnswer(causes)| causes.clone())
}

fn noted(cfg: &ConfigBag) -> Causes {
    cfg.load::<OfCall>().map_or_else(Causes::current, |OfCall(causes)| causes.clone())
}

/// Causes of what a call carries.
fn sent(input: &Input) -> Option<Causes> {
    let entry = |text: &str| order_in(text).map_or_else(Causes::current, Causes::Order);
    if let Some(put) = input.downcast_ref::<PutRecordsInput>() {
        let of_record = |data: &[u8]| order_in_record(data).map_or_else(Causes::current, Causes::Order);
        return Some(Causes::each(put.records.iter().flatten().map(|record| of_record(record.data.as_ref()))));
    }
    if let Some(publish) = input.downcast_ref::<PublishBatchInput>() {
        let entries = publish.publish_batch_request_entries.iter().flatten();
        return Some(Causes::each(entries.map(|message| entry(&message.message))));
    }
    let send = input.downcast_ref::<SendMessageBatchInput>()?;
    Some(Causes::each(send.entries.iter().flatten().map(|message| entry(&message.message_body))))
}

/// Causes of what a call brings. An empty answer is nobody's.
fn received(output: &Output) -> Option<Causes> {
    if let Some(received) = output.downcast_ref::<ReceiveMessageOutput>() {
        let order = |body: Option<&str>| Causes::of(body.and_then(order_in));
        return Some(Causes::each(received.messages.iter().flatten().map(|message| order(message.body.as_deref()))));
    }
    let read = output.downcast_ref::<GetRecordsOutput>()?;
    Some(Causes::each(read.records.iter().map(|record| Causes::of(order_in_record(record.data.as_ref())))))
}

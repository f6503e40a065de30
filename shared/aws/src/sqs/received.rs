//! Messages as they are received.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use shotengai_kernel::Timestamp;
use shotengai_messaging::{RawDelivery, Receipt};

/// The delivery of a message; none without an id or a receipt, which nobody could settle.
pub(super) fn delivery(message: Message) -> Option<RawDelivery> {
    let system = |name: MessageSystemAttributeName| message.attributes()?.get(&name).map(String::as_str);
    let time = |name| Timestamp::from_millisecond(system(name)?.parse().ok()?).ok();
    let receive_count =
        system(MessageSystemAttributeName::ApproximateReceiveCount).and_then(|count| count.parse().ok()).unwrap_or(1);
    let first_received_at = time(MessageSystemAttributeName::ApproximateFirstReceiveTimestamp);
    let sent_at = time(MessageSystemAttributeName::SentTimestamp);
    let attributes: BTreeMap<String, String> = message
        .message_attributes
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name, value.string_value?)))
        .collect();
    Some(RawDelivery {
        message_id: message.message_id?,
        receipt: Receipt(message.receipt_handle?),
        body: message.body.unwrap_or_default(),
        attributes,
        receive_count,
        first_received_at,
        sent_at,
    })
}

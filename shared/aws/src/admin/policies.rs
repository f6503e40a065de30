//! Policies of queues: who else than the account's own roles may send.

use serde_json::{Value, json};

/// The topic of this ARN may send to the queue of that one.
#[must_use]
pub fn topic_may_send(topic: &str, queue: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TopicMaySend",
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }],
    })
}

/// The bucket of this ARN may send to the queue of that one. A bucket's ARN does not say whose it is, so the account is named
/// beside it.
#[must_use]
pub fn bucket_may_send(bucket: &str, account: &str, queue: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BucketMaySend",
            "Effect": "Allow",
            "Principal": { "Service": "s3.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {
                "ArnEquals": { "aws:SourceArn": bucket },
                "StringEquals": { "aws:SourceAccount": account },
            },
        }],
    })
}

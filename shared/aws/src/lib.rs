//! Adapters of the messaging ports for DynamoDB, Kinesis, SNS, SQS and S3. The only crate that names the AWS SDK.
//!
//! - [`AwsConfig`], [`Aws`]: one connection set a process, handed out by name through
//!   [`Infrastructure`](shotengai_messaging::Infrastructure).
//! - `dynamodb`: the event store and the tables of rows; `kinesis`: the stream; `sns`: the topic; `sqs`: queues; `s3`: buckets.
//! - [`admin`]: creates, changes and deletes resources, for the provisioner only. Services need no such permission.
//! - `fault`: the one place that turns the SDK's errors into [`Fault`](shotengai_messaging::Fault)s.
//! - `attribution`: on whose behalf a call is made, for receipts.
//! - `meter`: adds up what calls are paid by (`shotengai.aws.units`).
//! - `observe`: counts every request (`shotengai.aws.requests`) and opens a client span for each call made inside a span.
//!
//! # Who retries what
//! The SDK repeats timeouts, lost connections, throttling and server errors: 4 attempts from 50 ms. Nothing here repeats
//! the same again, with two exceptions that the SDK does not know as retryable: a transaction that met another one, and the
//! unprocessed rest of a batch.

pub mod admin;
mod attribution;
mod config;
mod connect;
mod dynamodb;
mod fault;
mod infrastructure;
mod kinesis;
mod meter;
pub mod metrics;
mod observe;
mod s3;
mod sns;
mod sqs;

pub use config::{AwsConfig, DEFAULT_REGION};
pub use infrastructure::Aws;

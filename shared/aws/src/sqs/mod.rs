//! Queues on SQS.

mod queue;
mod received;

pub(crate) use queue::SqsQueue;

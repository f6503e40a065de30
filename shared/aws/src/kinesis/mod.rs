//! The stream on Kinesis.

mod fan_out;
mod reader;
mod writer;

pub(crate) use reader::KinesisReader;
pub(crate) use writer::KinesisWriter;

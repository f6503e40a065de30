//! The stream on Kinesis.

mod reader;
mod writer;

pub(crate) use reader::KinesisReader;
pub(crate) use writer::KinesisWriter;

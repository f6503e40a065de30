//! Buckets on S3.

mod bucket;
mod sign;

pub(crate) use bucket::S3Bucket;

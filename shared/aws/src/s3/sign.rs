//! Signed requests. They are made here, by the process's credentials: nothing is asked of the store.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use shotengai_messaging::Fault;
use shotengai_messaging::ports::bucket::{SignedRequest, Upload};

use crate::fault::{fault, invalid};

const UPLOAD: &str = "s3.PutObject (signing)";
const DOWNLOAD: &str = "s3.GetObject (signing)";

/// Type, length and the absence of an object are headers that the signature covers: a request that differs in one of them
/// is of another signature, or refused by its condition.
pub(super) async fn upload(
    client: &Client,
    bucket: &str,
    upload: &Upload,
    good_for: Duration,
) -> Result<SignedRequest, Fault> {
    let size = i64::try_from(upload.size).map_err(|error| invalid(UPLOAD, error))?;
    let request = client.put_object().bucket(bucket).key(&upload.key).content_type(&upload.content_type);
    let request = request.content_length(size).if_none_match("*").presigned(config(UPLOAD, good_for)?).await;
    Ok(signed("PUT", &request.map_err(|error| fault(UPLOAD, &error))?))
}

pub(super) async fn download(
    client: &Client,
    bucket: &str,
    key: &str,
    good_for: Duration,
) -> Result<SignedRequest, Fault> {
    let request = client.get_object().bucket(bucket).key(key).presigned(config(DOWNLOAD, good_for)?).await;
    Ok(signed("GET", &request.map_err(|error| fault(DOWNLOAD, &error))?))
}

fn config(operation: &'static str, good_for: Duration) -> Result<PresigningConfig, Fault> {
    PresigningConfig::expires_in(good_for).map_err(|error| invalid(operation, error))
}

fn signed(method: &'static str, request: &PresignedRequest) -> SignedRequest {
    let headers = request.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    SignedRequest { method, url: request.uri().to_owned(), headers: headers.collect() }
}

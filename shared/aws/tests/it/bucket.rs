//! Buckets, and what the store enforces of a signed upload.

#![allow(clippy::disallowed_methods, reason = "a client of the store's own, past every proxy")]

use std::time::Duration;

use shotengai_aws::admin::{BucketSpec, BucketTells, Outcome, QueueSpec};
use shotengai_aws::{Aws, AwsConfig};
use shotengai_kernel::Ports;
use shotengai_messaging::ports::bucket::{NewObject, SignedRequest, Upload};
use shotengai_messaging::{FaultKind, Infrastructure};
use shotengai_testing::contract;

use crate::local::{connect, endpoint};

const BUCKET: &str = "images";
const MINUTE: Duration = Duration::from_secs(60);

fn queue() -> QueueSpec {
    QueueSpec {
        name: "uploads".to_owned(),
        visibility: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        wait: Duration::ZERO,
        dead_letters: None,
        fed_by_topic: false,
        fed_by_bucket: Some(BUCKET.to_owned()),
    }
}

fn spec(origins: &[&str]) -> BucketSpec {
    BucketSpec {
        name: BUCKET.to_owned(),
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        tells: Some(BucketTells { queue: "uploads".to_owned(), prefix: "uploads/".to_owned() }),
        versions: false,
    }
}

/// Names of buckets are the only ones in the world: each account of the server has a prefix of its own.
async fn account(number: u64) -> Aws {
    let config = AwsConfig {
        local_account: Some(format!("{:012}", 400_000_000_000 + number)),
        prefix: format!("b{number}-"),
        ..AwsConfig::local(endpoint())
    };
    let aws = connect(config).await;
    aws.admin().ensure_topic().await.unwrap();
    aws.admin().ensure_queue(&queue()).await.unwrap();
    aws
}

/// The status with which the store answers a signed request.
async fn status(request: &SignedRequest, content_type: &str, body: Vec<u8>) -> u16 {
    let client = reqwest::ClientBuilder::new().no_proxy().build().unwrap();
    let mut sent = client.request(request.method.parse().unwrap(), &request.url).header("content-type", content_type);
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "content-type" && name != "content-length") {
        sent = sent.header(name, value);
    }
    sent.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_bucket_keeps_its_contract() {
    let aws = account(1).await;
    assert_eq!(aws.admin().ensure_bucket(&spec(&[])).await.unwrap(), Outcome::Created);
    contract::bucket_contract(aws.bucket(BUCKET), &Ports::system()).await;
}

#[tokio::test]
async fn a_bucket_is_made_changed_found_and_deleted_with_all_it_holds() {
    let aws = account(2).await;
    let admin = aws.admin();
    assert!(!admin.has_bucket(BUCKET).await.unwrap());
    let missing = aws.bucket(BUCKET);
    assert_eq!(missing.ping().await.unwrap_err().kind(), FaultKind::Denied, "an operator has to make it");
    assert_eq!(missing.head("a").await.unwrap_err().kind(), FaultKind::Denied, "no object is missing, the bucket is");
    let origin = "https://shop.example";
    for (origins, outcome) in [
        (&[][..], Outcome::Created),
        (&[], Outcome::Found),
        (&[origin], Outcome::Changed),
        (&[origin], Outcome::Found),
        (&[], Outcome::Changed),
        (&[], Outcome::Found),
    ] {
        assert_eq!(admin.ensure_bucket(&spec(origins)).await.unwrap(), outcome, "{origins:?}");
    }
    assert_eq!(admin.ensure_queue(&queue()).await.unwrap(), Outcome::Found, "its policy is as it should be");
    let upload = Upload { key: "uploads/a".to_owned(), content_type: "image/png".to_owned(), size: 3 };
    let signed = aws.bucket(BUCKET).sign_upload(&upload, MINUTE).await.unwrap();
    assert_eq!(status(&signed, "image/png", vec![0; 3]).await, 200);
    assert!(admin.delete_bucket(BUCKET).await.unwrap());
    assert!(!admin.delete_bucket(BUCKET).await.unwrap());
}

#[tokio::test]
async fn a_bucket_that_keeps_versions_is_turned_into_one_and_deleted_with_all_of_them() {
    let aws = account(5).await;
    let admin = aws.admin();
    assert_eq!(admin.ensure_bucket(&spec(&[])).await.unwrap(), Outcome::Created);
    let kept = BucketSpec { versions: true, ..spec(&[]) };
    assert_eq!(admin.ensure_bucket(&kept).await.unwrap(), Outcome::Changed);
    assert_eq!(admin.ensure_bucket(&kept).await.unwrap(), Outcome::Found);
    assert_eq!(admin.ensure_bucket(&spec(&[])).await.unwrap(), Outcome::Found, "it is never turned off");
    let bucket = aws.bucket(BUCKET);
    for text in ["one", "two"] {
        let object = NewObject {
            key: "a".to_owned(),
            content_type: "text/plain",
            cache_control: "no-store",
            bytes: text.as_bytes().to_vec().into(),
        };
        bucket.put(object).await.unwrap();
    }
    bucket.delete(&["a".to_owned()]).await.unwrap();
    assert!(admin.delete_bucket(BUCKET).await.unwrap());
    assert!(!admin.has_bucket(BUCKET).await.unwrap());
}

#[tokio::test]
async fn the_store_takes_a_signed_upload_once_and_no_other_than_was_signed() {
    let aws = account(3).await;
    aws.admin().ensure_bucket(&spec(&[])).await.unwrap();
    let bucket = aws.bucket(BUCKET);
    let upload =
        Upload { key: "uploads/prod_1/日本語+%2B".to_owned(), content_type: "image/png".to_owned(), size: 1000 };
    let signed = bucket.sign_upload(&upload, MINUTE).await.unwrap();
    for (content_type, size) in [("image/png", 999), ("image/png", 1001), ("image/png", 0), ("image/svg+xml", 1000)] {
        assert_eq!(status(&signed, content_type, vec![1; size]).await, 403, "{content_type}, {size} bytes");
        assert_eq!(bucket.head(&upload.key).await.unwrap(), None);
    }
    let elsewhere = SignedRequest { url: signed.url.replace("prod_1", "prod_2"), ..signed.clone() };
    assert_eq!(status(&elsewhere, "image/png", vec![1; 1000]).await, 403);
    let over_what_is_there = SignedRequest { headers: Vec::new(), ..signed.clone() };
    assert_eq!(status(&over_what_is_there, "image/png", vec![1; 1000]).await, 403, "without its condition");
    assert_eq!(status(&signed, "image/png", vec![1; 1000]).await, 200);
    assert_eq!(status(&signed, "image/png", vec![2; 1000]).await, 412, "there is one already");

    let fetched = bucket.sign_download(&upload.key, MINUTE).await.unwrap();
    let client = reqwest::ClientBuilder::new().no_proxy().build().unwrap();
    let bytes = client.get(&fetched.url).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.len(), 1000);

    let queue = aws.queue("uploads");
    let mut told = Vec::new();
    while !told.iter().any(|body: &String| body.contains("ObjectCreated:Put")) {
        let received = queue.receive(10, Duration::from_secs(5), MINUTE).await.unwrap();
        assert!(!received.is_empty(), "only {told:?} came");
        told.extend(received.into_iter().map(|delivery| delivery.body));
    }
    assert!(told.iter().any(|body| body.contains("s3:TestEvent")), "{told:?}");
    let event = told.iter().find(|body| body.contains("ObjectCreated:Put")).unwrap();
    assert!(event.contains("uploads/prod_1/%E6%97%A5%E6%9C%AC%E8%AA%9E%2B%252B"), "{event}");
}

#[tokio::test]
async fn clients_are_told_of_the_store_as_they_reach_it() {
    let config =
        AwsConfig { s3_public_endpoint: Some("https://images.example".to_owned()), ..AwsConfig::local(endpoint()) };
    let bucket = connect(config).await.bucket("product-images");
    let signed = bucket.sign_download("web/a.webp", MINUTE).await.unwrap();
    assert!(signed.url.starts_with("https://images.example/product-images/web/a.webp?"), "{}", signed.url);
}

//! Buckets.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shotengai_kernel::Ports;
use shotengai_messaging::FaultKind;
use shotengai_messaging::ports::bucket::{Bucket, MAX_SIGNED_FOR, NewObject, ObjectHead, Upload};

use super::fresh;

/// Checks a bucket. Following signed requests takes a client of the store's own, so that is not in here.
///
/// # Panics
/// When the bucket breaks a promise.
pub async fn bucket_contract(bucket: Arc<dyn Bucket>, ports: &Ports) {
    bucket.ping().await.expect("the bucket is there");
    let tag = fresh(ports, "contract/");
    // Letters, and what an address, a form or XML would say otherwise.
    let keys: Vec<_> = ["a b", "a+b", "a%2Bb", "z<&>", "日本語"].map(|name| format!("{tag}/{name}")).into();
    absent(bucket.as_ref(), &keys[0]).await;
    for key in &keys {
        put(bucket.as_ref(), key, key.as_bytes()).await;
        let head = bucket.head(key).await.expect("a head is answered");
        let size = u64::try_from(key.len()).unwrap();
        assert_eq!(head, Some(ObjectHead { size, content_type: Some("text/plain".to_owned()) }), "{key}");
        assert_eq!(bucket.get(key, size).await.expect("a get is answered").as_deref(), Some(key.as_bytes()), "{key}");
        let fault = bucket.get(key, size - 1).await.expect_err("more than was wanted");
        assert_eq!(fault.kind(), FaultKind::Permanent, "{fault}");
    }
    put(bucket.as_ref(), &keys[0], b"").await;
    assert_eq!(bucket.get(&keys[0], 0).await.expect("a get is answered").as_deref(), Some(&b""[..]), "replaced");
    pages(bucket.as_ref(), &tag, &keys).await;
    signatures(bucket.as_ref(), &keys[0]).await;

    let mut gone = keys.clone();
    gone.push(format!("{tag}/never there"));
    let answers = bucket.delete(&gone).await.expect("a delete is answered");
    assert!(answers.len() == gone.len() && answers.iter().all(Result::is_ok), "{answers:?}");
    for key in &gone {
        absent(bucket.as_ref(), key).await;
    }
    assert!(bucket.list(&tag, None, 10).await.expect("a list is answered").objects.is_empty());
}

async fn absent(bucket: &dyn Bucket, key: &str) {
    assert_eq!(bucket.head(key).await.expect("a head is answered"), None, "{key}");
    assert_eq!(bucket.get(key, 10).await.expect("a get is answered"), None, "{key}");
}

async fn put(bucket: &dyn Bucket, key: &str, bytes: &[u8]) {
    let object = NewObject {
        key: key.to_owned(),
        content_type: "text/plain",
        cache_control: "max-age=60",
        bytes: Bytes::copy_from_slice(bytes),
    };
    bucket.put(object).await.expect("a put is answered");
}

async fn pages(bucket: &dyn Bucket, tag: &str, keys: &[String]) {
    let mut wanted = keys.to_vec();
    wanted.sort();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = bucket.list(tag, after.as_deref(), 2).await.expect("a list is answered");
        assert!(page.objects.len() <= 2, "a page has no more than was wanted");
        found.extend(page.objects.into_iter().map(|object| object.key));
        if !page.more {
            break;
        }
        after = found.last().cloned();
    }
    assert_eq!(found, wanted, "every object is on one page, in the order of the keys' bytes");
}

async fn signatures(bucket: &dyn Bucket, key: &str) {
    let upload = Upload { key: format!("{key}-new"), content_type: "image/png".to_owned(), size: 123 };
    let minute = Duration::from_secs(60);
    let signed = bucket.sign_upload(&upload, minute).await.expect("an upload is signed");
    assert_eq!(signed.method, "PUT");
    for (name, value) in [("content-length", "123"), ("content-type", "image/png"), ("if-none-match", "*")] {
        assert!(
            signed.headers.contains(&(name.to_owned(), value.to_owned())),
            "{name} is signed: {:?}",
            signed.headers
        );
    }
    let download = bucket.sign_download(key, minute).await.expect("a download is signed");
    assert_eq!((download.method, download.headers.as_slice()), ("GET", &[][..]));
    assert!(!format!("{signed:?}{download:?}").contains("://"), "whoever has an address can use it");
    let fault = bucket.sign_download(key, MAX_SIGNED_FOR * 2).await.expect_err("longer than a week");
    assert_eq!(fault.kind(), FaultKind::Permanent, "{fault}");
}

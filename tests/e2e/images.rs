//! Images of products, uploaded and fetched by HTTP as a merchant and a page do it.

use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shotengai_contracts::topology::buckets::PRODUCT_IMAGES;
use shotengai_messaging::Infrastructure;
use shotengai_runtime::direct_http;
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const IMAGES: &str = "/products/prod_kinoko/images";
const SOON: Duration = Duration::from_secs(60);

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_pixel(width, height, image::Rgb([200, 30, 30])))
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

fn client() -> Client {
    direct_http().build().unwrap()
}

async fn ask(shop: &Shop, admin: &Person, content_type: &str, size: usize) -> Value {
    shop.post(IMAGES, Some(admin), &json!({ "content_type": content_type, "size": size })).await.expect(201)
}

/// The status with which the store answers an upload.
async fn put(asked: &Value, content_type: &str, bytes: Vec<u8>) -> u16 {
    let request = client().put(text(&asked["upload"], "url")).header("content-type", content_type);
    let request = request.header("if-none-match", text(&asked["upload"]["headers"], "if-none-match"));
    request.body(bytes).send().await.unwrap().status().as_u16()
}

async fn shown(shop: &Shop, person: Option<&Person>) -> Vec<Value> {
    shop.get(IMAGES, person).await.expect(200)["items"].as_array().unwrap().clone()
}

/// Waits until the image of this id is no longer awaited.
async fn settled(shop: &Shop, admin: &Person, id: &str) -> Value {
    until("the upload was worked on", SOON, || async {
        let all = shown(shop, Some(admin)).await;
        let image = all.iter().find(|image| image["image_id"] == id).unwrap().clone();
        if image["status"] == "awaited" { Err(all) } else { Ok(image) }
    })
    .await
}

async fn objects(cluster: &TestCluster) -> Vec<String> {
    let page = cluster.aws.bucket(PRODUCT_IMAGES.name).list("", None, 1000).await.unwrap();
    page.objects.into_iter().map(|object| object.key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_by_http_becomes_pictures_that_a_page_can_fetch_until_it_is_deleted() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;

    let jpeg = picture(1800, 900, ImageFormat::Jpeg);
    let asked = ask(&shop, &admin, "image/jpeg", jpeg.len()).await;
    let id = text(&asked, "image_id");
    // What was not signed is refused by the store itself: 50 MB, nothing, another type.
    assert_eq!(put(&asked, "image/jpeg", vec![0; 50_000_000]).await, 403);
    assert_eq!(put(&asked, "image/jpeg", Vec::new()).await, 403);
    assert_eq!(put(&asked, "image/svg+xml", jpeg.clone()).await, 403);
    assert!(objects(&cluster).await.is_empty());
    assert_eq!(put(&asked, "image/jpeg", jpeg.clone()).await, 200);
    assert_eq!(put(&asked, "image/jpeg", jpeg).await, 412, "an upload is made once");

    let image = settled(&shop, &admin, &id).await;
    assert_eq!((&image["status"], &image["width"], &image["height"]), (&json!("ready"), &json!(1600), &json!(800)));
    let public = shown(&shop, None).await;
    assert_eq!(public.len(), 1);
    let mut keys = Vec::new();
    for shown in public[0]["pictures"].as_array().unwrap() {
        let answer = client().get(text(shown, "url")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{shown}");
        let bytes = answer.bytes().await.unwrap();
        assert!(image::guess_format(&bytes).is_ok(), "{shown}");
        let key = text(shown, "key");
        let unsigned = text(shown, "url").split('?').next().unwrap().to_owned();
        assert!(unsigned.ends_with(&key), "{unsigned}");
        keys.push(key);
    }
    // The read model has the keys, and never an address.
    until("the product shows its pictures", SOON, || async {
        let product = shop.get("/products/prod_kinoko", None).await.body;
        if product["images"] == json!(keys) { Ok(()) } else { Err(product) }
    })
    .await;
    // The tag that a change is meant for is one that a page was shown.
    let change = json!({ "name": "きのこの山", "description": "", "price": 210 });
    let version = shop.get("/products/prod_kinoko", None).await.body["version"].to_string();
    let at = format!("\"{version}\"");
    let changed =
        shop.send(Method::PUT, "/products/prod_kinoko", Some(&admin), &[("if-match", &at)], Some(&change)).await;
    assert_eq!(changed.unwrap().status, 202);

    let gone = shop.send(Method::DELETE, &format!("{IMAGES}/{id}"), Some(&admin), &[], None).await.unwrap();
    assert_eq!(gone.status, 202, "{}", gone.body);
    until("the product shows no picture", SOON, || async {
        let product = shop.get("/products/prod_kinoko", None).await.body;
        if product["images"] == json!([]) { Ok(()) } else { Err(product) }
    })
    .await;
    assert!(shown(&shop, Some(&admin)).await.is_empty());
    assert_eq!(objects(&cluster).await, Vec::<String>::new());
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_uploads_are_refused_with_a_reason_and_an_upload_outlives_the_process_that_had_it() {
    let cluster = TestCluster::provisioned().await;
    let mut process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;

    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let mut cut = picture(300, 300, ImageFormat::Png);
    cut.truncate(100);
    // 36 million pixels in a hundred kilobytes or so.
    let bomb = picture(6000, 6000, ImageFormat::Png);
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    for (bytes, declared, reason) in [
        (svg, "image/png", "not_an_image"),
        (picture(20, 20, ImageFormat::Png), "image/jpeg", "other_type"),
        (cut, "image/png", "damaged"),
        (bomb, "image/png", "too_many_pixels"),
    ] {
        let asked = ask(&shop, &admin, declared, bytes.len()).await;
        assert_eq!(put(&asked, declared, bytes).await, 200);
        let image = settled(&shop, &admin, &text(&asked, "image_id")).await;
        assert_eq!((&image["status"], &image["reason"]), (&json!("refused"), &json!(reason)));
    }
    // Keys that are never signed, which an address, a form and XML would each write otherwise.
    let bucket = cluster.aws.bucket(PRODUCT_IMAGES.name);
    let foreign = ["uploads/a%2Bb", "uploads/a+b", "uploads/日本語"];
    for key in foreign {
        let bytes = picture(8, 8, ImageFormat::Png).into();
        let object = shotengai_messaging::ports::bucket::NewObject {
            key: key.to_owned(),
            content_type: "image/png",
            cache_control: "no-store",
            bytes,
        };
        bucket.put(object).await.unwrap();
    }
    until("what is somebody else's is counted", SOON, || async {
        let metrics = process.metrics().await;
        let mut counted = metrics.lines().filter(|line| line.starts_with("shotengai_images_uploads_total{"));
        let all = counted.any(|line| line.contains("outcome=\"foreign\"") && line.ends_with(" 3"));
        if all {
            Ok(())
        } else {
            Err(metrics.lines().filter(|line| line.contains("images_")).collect::<Vec<_>>().join("\n"))
        }
    })
    .await;
    assert_eq!(objects(&cluster).await, foreign, "and let alone");
    assert_eq!(shop.get("/products/prod_kinoko", None).await.body["images"], json!([]));

    let png = picture(900, 900, ImageFormat::Png);
    let asked = ask(&shop, &admin, "image/png", png.len()).await;
    assert_eq!(put(&asked, "image/png", png).await, 200);
    process.kill().await;
    let successor = cluster.serve_at("all", process.http(), process.health(), &[]).await;
    let image = settled(&shop, &admin, &text(&asked, "image_id")).await;
    assert_eq!(image["status"], "ready");
    let pictures = objects(&cluster).await.into_iter().filter(|key| key.starts_with("uploads/prod_")).count();
    assert_eq!(pictures, 1, "the original is kept");
    cluster.assert_tidy().await;
    drop(successor);
}

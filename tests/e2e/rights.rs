//! Roles held to the IAM policies of the emitted stack: they come by with what they may do, and nobody gets more.

use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::Method;
use serde_json::{Value, json};
use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{Service, tables};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::{FaultKind, Infrastructure, StreamRecord};
use shotengai_runtime::direct_http;
use shotengai_tests::shop::{Person, Shop, order_body, text};
use shotengai_tests::stream;
use shotengai_tests::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD, TestCluster};
use shotengai_tests::wait::until;

const SOON: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_what_its_policy_lacks_is_denied_and_named() {
    let cluster = TestCluster::provisioned().await;
    let guard = cluster.guard(Service::TALLY, stream::captured());
    let config = AwsConfig { endpoint_url: Some(guard.url()), ..cluster.aws.config().clone() };
    let aws = Aws::connect(config, Ports::system()).await;
    aws.table(tables::TALLY_COUNTERS.name).ping().await.unwrap();
    assert_eq!(cluster.guards().take_refused(), [""; 0]);

    let id = AggregateId::parse("ord_1").unwrap();
    let fault = aws.event_store(Owner::Order).load(&id, Version::ZERO).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Denied, "{fault}");
    let (region, account, prefix) = (&aws.config().region, cluster.account(), cluster.prefix());
    let table = format!("arn:aws:dynamodb:{region}:{account}:table/{prefix}order-events");
    let refused = cluster.guards().take_refused();
    assert_eq!(refused, [format!("tally may not dynamodb:Query on {table} (1 times)")]);
}

/// A street, each role a process behind its own guard.
struct Walk<'a> {
    cluster: &'a TestCluster,
    shop: Shop,
    admin: Person,
    kinoko: String,
}

impl Walk<'_> {
    async fn post(&self, who: &Person, path: &str, body: Value, status: u16) -> Value {
        self.shop.post(path, Some(who), &body).await.expect(status)
    }

    async fn placed(&self, who: &Person, token: Option<&str>) -> String {
        let mut body = order_body(&[(&self.kinoko, 1)]);
        if let Some(token) = token {
            body["payment_token"] = json!(token);
        }
        text(&self.post(who, "/orders", body, 202).await, "order_id")
    }

    /// Paid, cancelled, declined, shipped and given back.
    async fn orders(&self) {
        let guest = self.shop.guest(Some("hanako@example.com"), "ja").await;
        let (paid, unwanted) = (self.placed(&guest, None).await, self.placed(&guest, None).await);
        let declined = self.placed(&guest, Some("tok_declined")).await;
        self.shop.until_status(&guest, &declined, "cancelled").await;
        for order in [&paid, &unwanted] {
            self.shop.until_status(&guest, order, "paid").await;
        }
        self.shop.post(&format!("/orders/{unwanted}/cancel"), Some(&guest), &json!({})).await;
        self.shop.until_status(&guest, &unwanted, "cancelled").await;
        let _ = self.post(&self.admin, &format!("/orders/{paid}/ship"), json!({}), 202).await;
        self.shop.until_status(&guest, &paid, "shipped").await;
        let back = json!({ "restock": true, "lines": [{ "product_id": self.kinoko, "quantity": 1 }], "reason": "x" });
        let refund = self.post(&self.admin, &format!("/orders/{paid}/refund"), back, 202).await;
        let _ = self.cluster.mail(&paid, &format!("refunded.{}", text(&refund, "refund_id"))).await;
        let _ = self.shop.get(&format!("/orders/{paid}/journey"), Some(&guest)).await.expect(200);
    }

    /// A picture goes up and down.
    async fn pictures(&self) {
        let mut picture = Cursor::new(Vec::new());
        let pixels = RgbImage::from_pixel(40, 40, image::Rgb([200, 30, 30]));
        DynamicImage::from(pixels).write_to(&mut picture, ImageFormat::Jpeg).unwrap();
        let picture = picture.into_inner();
        let images = format!("/products/{}/images", self.kinoko);
        let wish = json!({ "content_type": "image/jpeg", "size": picture.len() });
        let asked = self.post(&self.admin, &images, wish, 201).await;
        let upload = direct_http().build().unwrap().put(text(&asked["upload"], "url"));
        let upload = upload.header("content-type", "image/jpeg").header("if-none-match", "*").body(picture);
        assert_eq!(upload.send().await.unwrap().status(), 200);
        let shown = until("the picture shows", SOON, || async {
            let shown = self.shop.get(&images, None).await.expect(200);
            if shown["items"] == json!([]) { Err(shown) } else { Ok(shown["items"][0].clone()) }
        })
        .await;
        let fetched = reqwest::get(text(&shown["pictures"][0], "url")).await.unwrap();
        assert_eq!(fetched.status(), 200);
        let path = format!("{images}/{}", text(&shown, "image_id"));
        let gone = self.shop.send(Method::DELETE, &path, Some(&self.admin), &[("if-match", "*")], None).await.unwrap();
        assert!(gone.status.is_success(), "{gone:?}");
    }

    /// An account comes, buys by a cart, and is erased.
    async fn account(&self) {
        let (email, password) = ("taro@example.com", "a long enough password");
        let wish = json!({ "email": email, "password": password, "name": "Taro", "language": "en" });
        let _ = self.shop.post("/auth/register", None, &wish).await.expect(202);
        let person = self.shop.sign_in(email, password).await;
        let piece = json!({ "product_id": self.kinoko, "quantity": 1 });
        let _ = self.post(&person, "/cart/items", piece, 200).await;
        let path = format!("/customers/{}", person.user_id);
        let _ = self.shop.send(Method::DELETE, &path, Some(&person), &[], None).await.unwrap().expect(204);
    }

    /// A price that is none becomes a letter, which an operator rehearses and sends on.
    async fn letters(&self) {
        let garbage = StreamRecord { key: self.kinoko.clone(), data: b"{".to_vec() };
        self.cluster.aws.price_writer().put(&[garbage]).await.unwrap().remove(0).unwrap();
        let found = until("an operator sees the letter", SOON, || async {
            let seen = self.shop.get("/ops/dead-letters/prices-dlq", Some(&self.admin)).await;
            if seen.body["items"][0]["id"].is_string() { Ok(seen.body) } else { Err(seen) }
        })
        .await;
        let wish = json!({ "queue": "prices-dlq", "letters": [found["items"][0]["id"]], "reason": "is seen" });
        let begun = self.post(&self.admin, "/ops/redrives", wish, 202).await;
        let run = format!("/ops/runs/{}", text(&begun, "id"));
        until("the run ends", SOON, || async {
            let seen = self.shop.get(&run, Some(&self.admin)).await;
            if seen.body["state"] == "running" { Err(seen) } else { Ok(()) }
        })
        .await;
        for path in ["/ops/dead-letters", "/ops/records", "/ops/street"] {
            let _ = self.shop.get(path, Some(&self.admin)).await.expect(200);
        }
        for paused in [true, false] {
            let wish = json!({ "paused": paused, "reason": "a look" });
            let path = "/ops/consumers/notification-queue";
            let _ = self.shop.send(Method::PUT, path, Some(&self.admin), &[], Some(&wish)).await.unwrap().expect(200);
        }
    }
}

async fn walk(publish: &str) {
    let cluster = TestCluster::provisioned().await;
    let provisioned = cluster.command(&["provision"]).env("PUBLISH", publish).output().await.unwrap();
    assert!(provisioned.status.success());
    let mut process = cluster.serve_apart("all", None, &[("PUBLISH", publish)]).await;
    let shop = cluster.shop_at(process.url.clone());
    let admin = shop.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let walk = Walk { cluster: &cluster, shop, admin, kinoko };
    walk.orders().await;
    walk.pictures().await;
    walk.account().await;
    walk.letters().await;
    assert!(process.terminate().await);
    assert_eq!(cluster.guards().take_refused(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_comes_by_with_its_policy_where_it_publishes() {
    walk("outbox").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_comes_by_with_its_policy_where_tables_stream_themselves() {
    walk("cdc").await;
}

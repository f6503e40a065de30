//! Accounts, from a guest to a customer, as a browser has them.

use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use shotengai_runtime::direct_http;
use shotengai_tests::shop::{Person, text};
use shotengai_tests::test_cluster::TestCluster;

const EMAIL: &str = "mei@example.com";
const PASSWORD: &str = "kinoko and takenoko";

/// The cookies of an answer, as the next request brings them.
fn cookies(answer: &Response) -> String {
    let set = answer.headers().get_all(SET_COOKIE).iter().map(|header| header.to_str().unwrap());
    set.map(|header| header.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

async fn refresh(client: &Client, base: &str, cookie: &str, origin: Option<&str>) -> Response {
    let mut request = client.post(format!("{base}/auth/refresh")).header(COOKIE, cookie);
    if let Some(origin) = origin {
        request = request.header(ORIGIN, origin);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_registers_keeps_the_order_and_stays_signed_in_in_two_tabs() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let wish = json!({ "email": EMAIL, "password": PASSWORD, "name": "Mei" });
    let _ = shop.post("/auth/register", Some(&guest), &wish).await.expect(202);

    let client = direct_http().build().unwrap();
    let login =
        client.post(format!("{}/auth/login", shop.base())).json(&json!({ "email": EMAIL, "password": PASSWORD }));
    let signed_in = login.send().await.unwrap();
    assert_eq!(signed_in.status(), 200);
    let jar = cookies(&signed_in);
    let body: Value = signed_in.json().await.unwrap();
    assert_eq!((&body["user_id"], &body["expires_in"]), (&json!(guest.user_id), &json!(600)));
    let customer = Person { token: text(&body, "access_token"), user_id: guest.user_id.clone() };
    assert_eq!(
        shop.get(&format!("/orders/{order}"), Some(&customer)).await.expect(200)["user_id"],
        json!(guest.user_id)
    );

    let own = shop.base().to_owned();
    let (one, other) = tokio::join!(refresh(&client, &own, &jar, Some(&own)), refresh(&client, &own, &jar, Some(&own)));
    assert_eq!((one.status().as_u16(), other.status().as_u16()), (200, 200));
    assert_eq!(cookies(&one), cookies(&other), "the same successor");
    let jar = cookies(&one);
    assert_eq!(refresh(&client, &own, &jar, Some("https://evil.example")).await.status(), 403, "another site's page");
    let renewed = refresh(&client, &own, &jar, None).await;
    let jar = cookies(&renewed);
    let token = text(&renewed.json().await.unwrap(), "access_token");
    let me = shop.get("/auth/me", Some(&Person { token, ..customer.clone() })).await.expect(200);
    assert_eq!((&me["guest"], &me["name"]), (&json!(false), &json!("Mei")));

    let out = client.post(format!("{own}/auth/logout")).header(COOKIE, &jar).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(refresh(&client, &own, &jar, None).await.status(), 401);
    let log = process.log();
    assert!(!log.contains(PASSWORD) && !log.contains(EMAIL) && !log.contains(jar.split('=').nth(1).unwrap()));
    cluster.assert_tidy().await;
}

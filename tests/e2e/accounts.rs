//! Accounts, from a guest to a customer, as a browser has them; and who guesses at them.

use futures::{StreamExt, stream};
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use shotengai_runtime::direct_http;
use shotengai_tests::process::resident;
use shotengai_tests::shop::{Person, Shop, text};
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
    let signed_in = login(&shop, None).await;
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

/// Memory in KiB that checks of two passwords at once take, and an allocator may keep.
const TWO_CHECKS: u64 = 2 * 19 * 1024;

/// Signs in with passwords that are wrong: five times at one account for each time at an address that nobody has. How many were
/// checked, and how many were told to wait; a machine that is busy has no turn for others.
async fn guess(shop: &Shop, times: usize, round: &str) -> (usize, usize) {
    let statuses = stream::iter(0..times).map(|n| async move {
        let email = if n % 6 == 5 { format!("nobody.{round}.{n}@example.com") } else { EMAIL.to_owned() };
        let body = json!({ "email": email, "password": format!("guess {round} {n}") });
        shop.post("/auth/login", None, &body).await.status.as_u16()
    });
    let statuses: Vec<u16> = statuses.buffer_unordered(6).collect().await;
    let of = |status: u16| statuses.iter().filter(|known| **known == status).count();
    assert_eq!(of(401) + of(429) + of(503), times, "{statuses:?}");
    (of(401), of(429))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_wrong_passwords_leave_memory_as_it_is_and_let_the_owner_in() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve_one("storefront", &[]).await;
    let shop = cluster.shop(&process);
    let wish = json!({ "email": EMAIL, "password": PASSWORD });
    let _ = shop.post("/auth/register", None, &wish).await.expect(202);
    let device = cookies(&login(&shop, None).await);
    guess(&shop, 250, "first").await;
    let before = resident(process.id()).expect("Linux tells it");
    let (checked, slowed) = guess(&shop, 750, "second").await;
    let after = resident(process.id()).expect("Linux tells it");
    let grown = after.saturating_sub(before) / 1024;
    println!(
        "1,000 wrong passwords: of the last 750 {checked} checked, {slowed} slowed; memory {} MiB, {grown} KiB more",
        before >> 20
    );
    assert!(slowed >= 500, "{slowed} slowed: guesses at one account");
    assert!(grown <= TWO_CHECKS, "{grown} KiB more, from {before} to {after}");
    assert_eq!(login(&shop, Some(&device)).await.status(), 200, "the owner, from a device that is known");
}

async fn login(shop: &Shop, cookies: Option<&str>) -> Response {
    let login = direct_http().build().unwrap().post(format!("{}/auth/login", shop.base()));
    let login = cookies.into_iter().fold(login, |login, cookies| login.header(COOKIE, cookies));
    login.json(&json!({ "email": EMAIL, "password": PASSWORD })).send().await.unwrap()
}

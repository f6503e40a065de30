//! Access tokens of an issuer of OpenID Connect, on the way through the whole street.

use serde_json::json;
use shotengai_kernel::Ports;
use shotengai_kit::oidc_issuer::{AUDIENCE, Issuer};
use shotengai_tests::shop::{Person, text};
use shotengai_tests::test_cluster::TestCluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_another_issuers_tokens_an_administrator_sells_and_a_customer_buys_and_gets_mail() {
    let cluster = TestCluster::provisioned().await;
    let issuer = Issuer::open(Ports::system().clock.now()).await;
    let settings = [
        ("OIDC_ISSUER", issuer.url.as_str()),
        ("OIDC_AUDIENCE", AUDIENCE),
        ("OIDC_ROLE_CLAIM", "realm_access.roles"),
        ("OIDC_ADMIN_ROLE", "boss"),
    ];
    let process = cluster.serve("all", &settings).await;
    let shop = cluster.shop(&process);
    let person = |token: String| async {
        let unknown = Person { token, user_id: String::new() };
        let me = shop.get("/auth/me", Some(&unknown)).await.expect(200);
        Person { user_id: text(&me, "user_id"), ..unknown }
    };
    let boss = person(issuer.signed(&json!({ "realm_access": { "roles": ["clerk", "boss"] } }), "1")).await;
    let kinoko = shop.product(&boss, "prod_kinoko", "きのこの山", 200, 10).await;

    let address = json!({ "email": "hana@example.com", "email_verified": true, "name": "Hana", "locale": "en" });
    let hana = person(issuer.signed(&address, "hana@id.example")).await;
    let order = text(&shop.order(&hana, &[(&kinoko, 2)]).await.expect(202), "order_id");
    let paid = shop.until_status(&hana, &order, "paid").await;
    assert_eq!(paid["user_id"], json!(hana.user_id));
    let mail = cluster.mail(&order, "receipt").await;
    assert!(mail.text.contains("Hana"), "{}", mail.text);
    let _ = shop.post("/products/prod_kinoko/stock", Some(&hana), &json!({ "quantity": 1 })).await.expect(403);

    let stranger = Person { token: issuer.signed(&json!({ "aud": "elsewhere" }), "1"), ..hana.clone() };
    let _ = shop.get(&format!("/orders/{order}"), Some(&stranger)).await.expect(401);
    let log = process.log();
    assert!(!log.contains("hana@") && !log.contains("Hana") && !log.contains(&hana.token));
    cluster.assert_tidy().await;
}

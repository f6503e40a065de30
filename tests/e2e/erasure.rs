//! An account that is erased leaves nothing of the person behind.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use shotengai_tests::everything::{everything, places_of};
use shotengai_tests::shop::text;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const EMAIL: &str = "planted.person.7391@example.com";
const NAME: &str = "Planted Person 7391";
const PASSWORD: &str = "planted password 7391";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_erasure_no_byte_of_the_person_is_found_in_any_table_stream_database_or_log() {
    let cluster = TestCluster::provisioned().await;
    let process =
        cluster.serve("all", &[("LOG", "info,shotengai_storefront=debug,shotengai_notification=debug")]).await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let account = json!({ "email": EMAIL, "password": PASSWORD, "name": NAME, "language": "en" });
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    for _ in 0..2 {
        let _ = shop.post("/auth/register", None, &account).await.expect(202);
    }
    let _ = shop
        .post("/auth/login", None, &json!({ "email": EMAIL, "password": format!("{PASSWORD}!") }))
        .await
        .expect(401);
    let person = shop.sign_in(EMAIL, PASSWORD).await;
    let order = text(&shop.order(&person, &[(&kinoko, 2)]).await.expect(202), "order_id");
    shop.until_status(&person, &order, "paid").await;
    let mail = cluster.mail(&order, "receipt").await;
    assert!(mail.text.contains(NAME), "{}", mail.text);

    let before = everything(&cluster, &process).await;
    assert_eq!(places_of(&before, EMAIL), ["the table users"], "the search finds it where it is");
    assert_eq!(places_of(&before, NAME), ["the table users"]);
    assert!(places_of(&before, &person.user_id).len() > 2, "the id is all over");

    let path = format!("/customers/{}", person.user_id);
    let _ = shop.send(Method::DELETE, &path, Some(&person), &[], None).await.unwrap().expect(204);
    let _ = shop.get("/auth/me", Some(&person)).await.expect(404);
    let _ = shop.post("/auth/login", None, &credentials).await.expect(401);
    // An order goes on without the person: it is shipped, and nobody is mailed.
    let admin = shop.admin().await;
    shop.post(&format!("/orders/{order}/ship"), Some(&admin), &json!({})).await;
    shop.until_status(&admin, &order, "shipped").await;
    until("the last mail finds nobody", Duration::from_secs(60), || async {
        let log = process.log();
        if log.contains("nobody to write to") { Ok(()) } else { Err("not yet") }
    })
    .await;

    let after = everything(&cluster, &process).await;
    assert_eq!(after.len(), before.len(), "the same places");
    for planted in [EMAIL, NAME, PASSWORD, "planted"] {
        assert_eq!(places_of(&after, planted), [""; 0], "{planted}");
    }
    cluster.assert_tidy().await;
}

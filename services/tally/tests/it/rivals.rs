//! The rivals over HTTP: default ones, chosen ones, and two who choose at once.

use actix_web::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_contracts::topology::Service;
use shotengai_kit::Sender::{Admin, Customer, Nobody};
use shotengai_kit::{Answer, Installation, RoleUnderTest, Sender};
use shotengai_tally::TallySettings;

struct Shop {
    _installation: Installation,
    role: RoleUnderTest,
}

impl Shop {
    fn open() -> Self {
        let installation = Installation::new(1);
        let role = shotengai_tally::assemble(installation.deps(Service::TALLY), &TallySettings::default()).role;
        let role = RoleUnderTest::new(role, &installation.ports);
        Self { _installation: installation, role }
    }

    async fn read(&self) -> Answer {
        self.role.send(TestRequest::get().uri("/tally/rivals"), Nobody).await
    }

    async fn choose(&self, body: &Value, at: Option<&str>, sender: Sender<'_>) -> Answer {
        let request = TestRequest::put().uri("/tally/rivals").set_json(body);
        let request = at.into_iter().fold(request, |request, at| request.insert_header((IF_MATCH, at)));
        self.role.send(request, sender).await
    }
}

fn pair(first: &str, second: &str) -> Value {
    json!({ "first": first, "second": second })
}

#[actix_web::test]
async fn the_two_sweets_are_rivals_until_an_administrator_chooses_others() {
    let shop = Shop::open();
    let before = shop.read().await;
    let default = json!({ "first": "prod_kinoko", "second": "prod_takenoko", "version": 0 });
    assert_eq!((before.status, &before.body), (200, &default));
    assert_eq!(before.headers.get(ETAG).unwrap(), "\"0\"");

    let chosen = shop.choose(&pair("prod_ramune", "prod_senbei"), Some("\"0\""), Admin).await;
    let now = json!({ "first": "prod_ramune", "second": "prod_senbei", "version": 1 });
    assert_eq!((chosen.status, &chosen.body), (200, &now));
    assert_eq!((chosen.headers.get(ETAG).unwrap().to_str().unwrap(), &shop.read().await.body), ("\"1\"", &now));

    let kept = TestRequest::get().uri("/tally/rivals").insert_header((IF_NONE_MATCH, "\"1\""));
    assert_eq!(shop.role.send(kept, Nobody).await.status, 304);
    let unknown = TestRequest::get().uri("/tally/rivals?who=me");
    assert_eq!(shop.role.send(unknown, Nobody).await.status, 400);
}

#[actix_web::test]
async fn who_has_not_seen_the_newest_choice_is_refused_and_the_same_choice_may_come_again() {
    let shop = Shop::open();
    let wanted = pair("prod_a", "prod_b");
    assert_eq!(shop.choose(&wanted, None, Admin).await.status, 428);
    assert_eq!(shop.choose(&wanted, Some("\"0\""), Admin).await.body["version"], 1);
    let again = shop.choose(&wanted, Some("\"0\""), Admin).await;
    assert_eq!((again.status, &again.body["version"]), (200, &json!(1)), "its answer may have been lost");
    let late = shop.choose(&pair("prod_c", "prod_d"), Some("\"0\""), Admin).await;
    assert_eq!((late.status, &late.body["type"]), (412, &json!("/problems/precondition-failed")));
    assert_eq!(shop.choose(&pair("prod_c", "prod_d"), Some("*"), Admin).await.body["version"], 2);
}

#[actix_web::test]
async fn no_product_is_its_own_rival_and_only_administrators_choose() {
    let shop = Shop::open();
    let alike = shop.choose(&pair("prod_a", "prod_a"), Some("*"), Admin).await;
    assert_eq!((alike.status, &alike.body["type"]), (422, &json!("/problems/rivals-alike")));
    assert_eq!(alike.body["pointer"], "/second");
    for bad in [json!({ "first": "prod_a" }), json!({ "first": "../x", "second": "prod_b" }), json!([])] {
        assert_eq!(shop.choose(&bad, Some("*"), Admin).await.status, 400, "{bad}");
    }
    assert_eq!(shop.choose(&pair("prod_a", "prod_b"), Some("*"), Nobody).await.status, 401);
    assert_eq!(shop.choose(&pair("prod_a", "prod_b"), Some("*"), Customer("1")).await.status, 403);
    assert_eq!(shop.read().await.body["version"], 0);
}

//! An administrator gives and takes points.

use actix_web::test::TestRequest;
use serde_json::{Value, json};
use shotengai_kit::{Answer, Sender};

use crate::support::{Shop, paid};

const PATH: &str = "/loyalty/points/usr_mei/adjustments";

impl Shop {
    async fn adjust(&self, sender: Sender<'_>, key: Option<&str>, body: &Value) -> Answer {
        let request = TestRequest::post().uri(PATH).set_json(body);
        let request = key.into_iter().fold(request, |request, key| request.insert_header(("Idempotency-Key", key)));
        self.role.send(request, sender).await
    }
}

#[tokio::test]
async fn points_are_given_and_taken_with_a_reason() {
    let shop = Shop::new();
    shop.collect(&[paid(1, 500)]).await;
    let given = json!({ "points": 50, "reason": "a wet parcel" });
    let answer = shop.adjust(Sender::Admin, None, &given).await;
    assert_eq!((answer.status, answer.body), (200, given));
    assert_eq!(shop.adjust(Sender::Admin, None, &json!({ "points": -70, "reason": "a mistake" })).await.status, 200);
    assert_eq!(shop.points().await, 5 + 50 - 70, "taken from what there is, and more");
}

#[tokio::test]
async fn a_key_makes_a_repeated_request_the_same_request() {
    let shop = Shop::new();
    let given = json!({ "points": 50, "reason": "a wet parcel" });
    for _ in 0..3 {
        let answer = shop.adjust(Sender::Admin, Some("wish-1"), &given).await;
        assert_eq!((answer.status, answer.body), (200, given.clone()));
    }
    assert_eq!(shop.points().await, 50);
    for other in [json!({ "points": 51, "reason": "a wet parcel" }), json!({ "points": 50, "reason": "another" })] {
        let answer = shop.adjust(Sender::Admin, Some("wish-1"), &other).await;
        assert_eq!((answer.status, &answer.body["type"]), (422, &json!("/problems/idempotency-key-reused")));
    }
    assert_eq!(shop.adjust(Sender::Admin, Some("wish-2"), &given).await.status, 200);
    assert_eq!(shop.points().await, 100, "without a key, or with another, it is another adjustment");
}

#[tokio::test]
async fn nobody_but_an_administrator_adjusts_and_nobody_reads_without_a_token() {
    let shop = Shop::new();
    let body = json!({ "points": 1_000, "reason": "I like points" });
    for (sender, status) in [(Sender::Nobody, 401), (Sender::Service, 401), (Sender::Customer("mei"), 403)] {
        assert_eq!(shop.adjust(sender, None, &body).await.status, status, "{sender:?}");
    }
    assert_eq!(shop.get(Sender::Nobody).await.0, 401);
    assert_eq!(shop.points().await, 0);
}

#[tokio::test]
async fn a_bad_adjustment_is_refused_with_the_place_of_its_fault() {
    let shop = Shop::new();
    for (body, status, pointer) in [
        (json!({ "points": 0, "reason": "nothing" }), 422, "/points"),
        (json!({ "points": 1_000_001, "reason": "much" }), 422, "/points"),
        (json!({ "points": i64::MIN, "reason": "little" }), 422, "/points"),
        (json!({ "points": 0.5, "reason": "half" }), 400, "/points"),
        (json!({ "points": 1, "reason": " " }), 422, "/reason"),
        (json!({ "points": 1, "reason": "x".repeat(201) }), 422, "/reason"),
        (json!({ "points": 1, "reason": "one\ntwo" }), 422, "/reason"),
        (json!({ "points": 1 }), 400, "/reason"),
        (json!({ "points": 1, "reason": "gift", "user": "usr_ken" }), 400, "/user"),
    ] {
        let answer = shop.adjust(Sender::Admin, None, &body).await;
        assert_eq!((answer.status, &answer.body["pointer"]), (status, &json!(pointer)), "{body}: {}", answer.body);
    }
    assert_eq!(shop.points().await, 0);
}

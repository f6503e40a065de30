//! The cart: filling, changing, ordering.

use reqwest::Method;

use super::recorder::{Recorder, ask, get, post};

const ONE: &str = r#"{"product_id":"prod_kinoko","quantity":1}"#;

pub(super) async fn record(recorder: &mut Recorder) {
    recorder.section("carts");
    let put_in = || post("/cart/items").by("stranger");
    let empty = recorder.asks("an empty cart", get("/cart").by("stranger")).await;
    let kept = get("/cart").by("stranger").header("if-none-match", empty.tag.unwrap());
    recorder.asks("a cart that is kept", kept).await;
    recorder.asks("nobody's cart", get("/cart")).await;
    recorder.asks("a piece", put_in().key("piece-1").json(ONE)).await;
    recorder.asks("the same with the same key", put_in().key("piece-1").json(ONE)).await;
    recorder.asks("another with the same key", put_in().key("piece-1").json(ONE.replace('1', "2"))).await;
    recorder.asks("another piece", put_in().json(ONE)).await;
    recorder.asks("too many pieces", put_in().json(ONE.replace('1', "1000000"))).await;
    recorder.asks("what is not for sale", put_in().json(ONE.replace("kinoko", "none"))).await;
    recorder.asks("fields that are wrong", put_in().json(r#"{"product_id":"kinoko","quantity":0,"price":1}"#)).await;

    let item = |method: Method| ask(method, "/cart/items/prod_kinoko").by("stranger");
    let three = r#"{"quantity":3}"#;
    recorder.asks("a change that names no version", item(Method::PUT).json(three)).await;
    recorder.asks("a change that means an older version", item(Method::PUT).at("\"1\"").json(three)).await;
    recorder.asks("a change", item(Method::PUT).at("\"2\"").json(three)).await;
    recorder.asks("the same change again", item(Method::PUT).at("\"2\"").json(three)).await;
    let none = ask(Method::PUT, "/cart/items/prod_none").by("stranger");
    recorder.asks("a change of what is not in it", none.at("*").json(three)).await;
    recorder.asks("the cart as it was", get("/cart?as_of=1").by("stranger")).await;
    recorder.asks("the cart as it has not become yet", get("/cart?as_of=99").by("stranger")).await;
    recorder.asks("taking out what an older version had", item(Method::DELETE).at("\"2\"")).await;
    recorder.asks("taking out", item(Method::DELETE).at("\"3\"")).await;
    recorder.asks("taking out again", item(Method::DELETE).at("\"3\"")).await;
    let taking = |token: &str| post("/cart/merge").by("stranger").json(format!(r#"{{"guest_token":"{token}"}}"#));
    recorder.asks("taking over the cart of nobody", taking("none")).await;
    let other = recorder.shop.guest(None, "ja").await;
    recorder.knows("other guest", &other.token);
    recorder.asks("a piece in another guest's cart", post("/cart/items").by("other guest").json(ONE)).await;
    recorder.asks("taking over a guest's cart", taking(&other.token)).await;
    recorder.asks("taking it over again", taking(&other.token)).await;
    recorder
        .asks(
            "an order of items that means a cart",
            post("/orders").by("stranger").at("\"5\"").json(r#"{"items":[{"product_id":"prod_kinoko","quantity":1}]}"#),
        )
        .await;
    recorder.shows("/carts", Some("admin"), "cart_").await;
    recorder.asks("open carts for a guest", get("/carts").by("stranger")).await;
    recorder.asks("open carts for nobody", get("/carts")).await;
    let bad = "/carts?updated_before=yesterday&updated_after=1&sort=price&cursor=x&limit=0&min_version=cart_1";
    recorder.asks("bad filters of open carts, all named", get(bad).by("admin")).await;
    let abandoned = "/carts?updated_before=2026-01-01T00:00:00Z";
    recorder.asks("carts that were left behind long ago", get(abandoned).by("admin")).await;
    recorder.asks("emptying what an older version had", ask(Method::DELETE, "/cart").by("stranger").at("\"1\"")).await;
    recorder.asks("emptying", ask(Method::DELETE, "/cart").by("stranger").at("*")).await;
    recorder.asks("emptying what is empty", ask(Method::DELETE, "/cart").by("stranger").at("\"1\"")).await;
}

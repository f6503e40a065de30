//! What services ask each other.

use shotengai_tests::test_cluster::Process;

use super::recorder::{Recorder, get};

pub(super) async fn record(recorder: &mut Recorder, process: &mut Process, billing: &Process, order: &str) {
    recorder.section("internal");
    let mut of = |role: &str| process.of_role(role).map(|process| process.url.clone());
    let (catalog, storefront) = (of("catalog"), of("storefront"));
    let usual = recorder.shop.base().to_owned();

    recorder.at(catalog.as_deref().unwrap_or(&usual));
    let product = |id: &str| get(format!("/internal/products/{id}"));
    recorder.asks("a product", product("prod_kinoko").by("service")).await;
    recorder.asks("a deleted product", product("prod_passing").by("service")).await;
    recorder.asks("a product that never was", product("prod_none").by("service")).await;
    recorder.asks("with another token", product("prod_kinoko").by("admin")).await;
    recorder.asks("without a token", product("prod_kinoko")).await;
    recorder.asks("from outside", product("prod_kinoko").by("service").header("x-forwarded-for", "192.0.2.1")).await;

    let person = |who: &str| get(format!("/internal/contacts/{who}"));
    recorder.at(storefront.as_deref().unwrap_or(&usual));
    let mei = recorder.asks("mei about herself", get("/auth/me").by("mei")).await;
    let mei = mei.body["user_id"].as_str().unwrap().to_owned();
    recorder.asks("a person's address", person(&mei).by("service")).await;
    recorder.asks("a person that there is not", person("usr_none").by("service")).await;
    recorder.asks("with another token", person(&mei).by("mei")).await;

    recorder.at(&billing.url);
    let ledger = |order: &str| get(format!("/internal/ledger/{order}"));
    recorder.asks("an order's ledger", ledger(order).by("service")).await;
    recorder.asks("the ledger of an order that is none", ledger("ord_none").by("service")).await;
    recorder.asks("without a token", ledger(order)).await;
    let receipt = || get("/internal/receipts/ord_none");
    recorder.asks("what an order cost that is none", receipt().by("service")).await;
    recorder.asks("with another token", receipt().by("admin")).await;
    recorder.at(&usual);
}

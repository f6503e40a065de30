use std::collections::BTreeMap;

use shotengai_contracts::Event;
use shotengai_contracts::events::{
    Presentation, ProductCreated, ProductDeleted, ProductPriceChanged, ProductRestored, ProductUpdated,
};
use shotengai_kernel::{Names, Quantity, TextRule};
use shotengai_messaging::{Delivery, Disposition};
use shotengai_order::orders::domain::Lines;
use shotengai_order::prices::Offer;

use crate::support::{World, delivery, product_id, yen};

/// What happens to one product; version 4 is an image, which order never hears of.
fn history() -> Vec<(u64, Event)> {
    let id = product_id("kinoko");
    let (name, description) = ("きのこの山".to_owned(), String::new());
    vec![
        (
            1,
            ProductCreated {
                product_id: id.clone(),
                name,
                names: Names::default(),
                description,
                presentation: Presentation::default(),
                price: yen(200),
                stock: 1,
            }
            .into(),
        ),
        (2, ProductPriceChanged { product_id: id.clone(), price: yen(210), source_sequence: None }.into()),
        (
            3,
            ProductUpdated {
                product_id: id.clone(),
                name: "大".into(),
                names: english("Large"),
                description: String::new(),
                presentation: Presentation::default(),
                price: yen(300),
            }
            .into(),
        ),
        (5, ProductPriceChanged { product_id: id.clone(), price: yen(310), source_sequence: None }.into()),
        (6, ProductDeleted { product_id: id }.into()),
    ]
}

fn english(name: &str) -> Names {
    Names::parse(&BTreeMap::from([("en".to_owned(), name.to_owned())]), TextRule::line(1, 20)).unwrap()
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let rest: Vec<usize> = items.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, one)| *one).collect();
        for mut tail in permutations(&rest) {
            tail.insert(0, *item);
            all.push(tail);
        }
    }
    all
}

async fn price_after(told: &[Delivery], now: Option<(&str, i64)>) -> Option<Offer> {
    let world = World::new();
    world.catalog.set_called("kinoko", if now.is_some() { 5 } else { 6 }, now, &english("Large"));
    for one in told {
        assert_eq!(world.handler.handle(std::slice::from_ref(one)).await, [Disposition::Done]);
    }
    let asked = world.catalog.times_asked();
    let offer = world.prices.offers(&[product_id("kinoko")]).await.unwrap().remove(&product_id("kinoko"));
    assert_eq!(world.catalog.times_asked(), asked, "the table knew");
    offer
}

#[tokio::test]
async fn the_last_price_stands_in_whatever_order_the_events_come() {
    let deliveries: Vec<Delivery> =
        history().into_iter().map(|(version, event)| delivery(version.into(), "prod_kinoko", version, event)).collect();
    for order in permutations(&[0, 1, 2, 3]) {
        let told: Vec<Delivery> = order.iter().map(|at| deliveries[*at].clone()).collect();
        let offer = price_after(&told, Some(("大", 310))).await;
        assert_eq!(offer, Some(Offer { name: "大".to_owned(), names: english("Large"), price: yen(310) }), "{order:?}");
    }
    for order in permutations(&[0, 1, 2, 3, 4]) {
        let told: Vec<Delivery> = order.iter().map(|at| deliveries[*at].clone()).collect();
        assert_eq!(price_after(&told, None).await, None, "{order:?}");
    }
}

/// At whatever moment somebody orders, they get an offer that stood at some version, and none that is older than what order
/// has heard of: a late deletion never takes back a restoration, and a late restoration never sells what is deleted.
#[tokio::test]
async fn a_deleted_product_is_for_sale_in_no_order_of_its_events() {
    let id = product_id("kinoko");
    let restored = |price| {
        let (name, description) = ("大".to_owned(), String::new());
        let presentation = Presentation::default();
        ProductRestored {
            product_id: product_id("kinoko"),
            name,
            names: english("Large"),
            description,
            presentation,
            price,
        }
    };
    let mut events = history();
    events.push((7, restored(yen(310)).into()));
    events.push((8, ProductDeleted { product_id: id }.into()));
    let deliveries: Vec<Delivery> =
        events.into_iter().map(|(version, event)| delivery(version.into(), "prod_kinoko", version, event)).collect();
    for order in permutations(&[4, 5, 6]) {
        let world = World::new();
        world.catalog.set_called("kinoko", 8, None, &english("Large"));
        let mut newest = 0;
        for at in &order {
            assert_eq!(world.handler.handle(&deliveries[*at..=*at]).await, [Disposition::Done]);
            newest = newest.max(*at);
            let offer = world.prices.offers(&[product_id("kinoko")]).await.unwrap().remove(&product_id("kinoko"));
            assert_eq!(offer.map(|offer| offer.price), (newest == 5).then(|| yen(310)), "{order:?} after {at}");
        }
    }
}

#[tokio::test]
async fn a_batch_is_learnt_oldest_first_without_asking_catalog() {
    let world = World::new();
    world.catalog.go_away();
    let batch: Vec<Delivery> = history()
        .into_iter()
        .take(3)
        .rev()
        .map(|(version, event)| delivery(version.into(), "prod_kinoko", version, event))
        .collect();
    assert_eq!(world.handler.handle(&batch).await, vec![Disposition::Done; 3]);
    let offers = world.prices.offers(&[product_id("kinoko")]).await.unwrap();
    assert_eq!(offers.get(&product_id("kinoko")).map(|offer| offer.price), Some(yen(300)));
}

#[tokio::test]
async fn a_new_price_of_an_unknown_product_waits_for_catalog() {
    let world = World::new();
    world.catalog.go_away();
    let (version, event) = history().remove(1);
    let answers = world.handler.handle(&[delivery(1, "prod_kinoko", version, event)]).await;
    assert_eq!(answers[0].outcome(), "unavailable");
}

#[tokio::test]
async fn a_new_price_is_not_lost_to_an_answer_that_knows_no_such_product() {
    for is_promised in [false, true] {
        let world = World::new();
        if is_promised {
            world.catalog.knows_no("kinoko");
        }
        let (version, event) = history().remove(1);
        let answers = world.handler.handle(&[delivery(1, "prod_kinoko", version, event)]).await;
        assert_eq!(answers[0].outcome(), "unavailable", "whoever answered was not catalog");
    }
}

#[tokio::test]
async fn made_up_products_cost_catalog_one_question_and_none_for_some_seconds() {
    let world = World::new();
    let names: Vec<String> = (0..50).map(|number| format!("none{number}")).collect();
    names.iter().for_each(|name| world.catalog.knows_no(name));
    let wanted: Vec<_> = names.iter().map(|name| product_id(name)).collect();
    for _ in 0..20 {
        assert!(world.prices.offers(&wanted).await.unwrap().is_empty());
    }
    assert_eq!(world.catalog.times_asked(), 1, "of twenty orders of fifty each");
}

#[tokio::test]
async fn the_first_product_that_is_not_for_sale_is_the_one_that_is_named() {
    let world = World::new();
    let names: Vec<String> = (0..20).map(|number| format!("some{number}")).collect();
    names.iter().for_each(|name| world.catalog.set(name, 1, Some(("some", 100))));
    world.catalog.knows_no("none");
    let lines = |names: &[&str]| {
        let wanted = names.iter().map(|name| (product_id(name), Quantity::ONE));
        Lines::merge(wanted).unwrap()
    };
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    wanted.insert(10, "none");
    for _ in 0..2 {
        let lines = lines(&wanted);
        let offers = world.prices.offers(&lines.products()).await.unwrap();
        assert_eq!(lines.priced(&offers).unwrap_err().pointer(), "/items/10/product_id");
    }
    wanted.remove(10);
    assert_eq!(world.prices.offers(&lines(&wanted).products()).await.unwrap().len(), 20, "all of what there is");
}

#[tokio::test]
async fn a_product_that_was_unknown_is_for_sale_once_it_is_there() {
    let world = World::new();
    let kinoko = product_id("kinoko");
    world.catalog.knows_no("kinoko");
    assert!(world.prices.offers(std::slice::from_ref(&kinoko)).await.unwrap().is_empty());
    let (version, event) = history().remove(0);
    assert_eq!(world.handler.handle(&[delivery(1, "prod_kinoko", version, event)]).await, [Disposition::Done]);
    assert_eq!(world.prices.offers(&[kinoko]).await.unwrap().len(), 1);
}

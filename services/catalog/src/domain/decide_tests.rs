use std::collections::BTreeMap;

use shotengai_contracts::events::Presentation;
use shotengai_contracts::{CatalogEvent, Misplaced, OwnedEvent};
use shotengai_kernel::{Currency, Precondition, ProductId, Version};

use super::*;

/// Whatever version it is at.
const ANY: Expected<'static> = Expected { current: Version::FIRST, wanted: &Precondition::Any };

fn details(name: &str, price: u32) -> Details {
    Details::parse(name, "Chocolate.", &price.into(), Currency::JPY).unwrap()
}

/// Name and price; all else stays.
fn change(name: &str, price: u32) -> Change {
    also(name, price, GivenExtras::default())
}

fn also(name: &str, price: u32, extras: GivenExtras<'_>) -> Change {
    Change::parse(name, "Chocolate.", Some(&price.into()), Currency::JPY, extras).unwrap()
}

fn id() -> ProductId {
    ProductId::parse("prod_kinoko").unwrap()
}

fn names(events: &[CatalogEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.event_type().as_str()).collect()
}

fn then(mut product: Product, events: Vec<CatalogEvent>) -> Product {
    events.iter().for_each(|event| product.evolve(event).unwrap());
    product
}

fn created() -> Product {
    let events = create(&Product::default(), &id(), Identity::Chosen, &details("きのこの山", 200), 100).unwrap();
    assert_eq!(names(&events), ["ProductCreated"]);
    then(Product::default(), events)
}

fn repeat(product: &Product, identity: Identity, price: u32, stock: u32) -> Result<Vec<CatalogEvent>, Refusal> {
    create(product, &id(), identity, &details("きのこの山", price), stock)
}

#[test]
fn the_same_request_again_creates_nothing() {
    for identity in [Identity::Chosen, Identity::Derived, Identity::Random] {
        assert_eq!(repeat(&created(), identity, 200, 100), Ok(Vec::new()));
    }
}

#[test]
fn a_repeated_request_is_compared_with_what_was_created_not_with_what_it_became() {
    let events = update(&created(), ANY, &change("きのこの山", 250)).unwrap();
    let repriced = then(created(), events);
    assert_eq!(repeat(&repriced, Identity::Derived, 200, 100), Ok(Vec::new()));
    assert_eq!(repeat(&repriced, Identity::Derived, 250, 100), Err(Refusal::KeyReused));
}

#[test]
fn another_product_under_the_same_id_is_refused() {
    assert_eq!(repeat(&created(), Identity::Chosen, 201, 100), Err(Refusal::IdTaken));
    assert_eq!(repeat(&created(), Identity::Derived, 200, 99), Err(Refusal::KeyReused));
}

#[test]
fn the_id_of_a_deleted_product_stays_taken() {
    let deleted = then(created(), delete(&created(), ANY).unwrap());
    assert_eq!(repeat(&deleted, Identity::Chosen, 200, 100), Err(Refusal::IdRetired));
    assert_eq!(repeat(&deleted, Identity::Derived, 200, 100), Ok(Vec::new()), "a late retry");
}

#[test]
fn an_update_says_what_changed() {
    assert_eq!(names(&update(&created(), ANY, &change("きのこの山", 250)).unwrap()), ["ProductPriceChanged"]);
    assert_eq!(names(&update(&created(), ANY, &change("きのこの里", 200)).unwrap()), ["ProductUpdated"]);
    assert_eq!(update(&created(), ANY, &change("きのこの山", 200)), Ok(Vec::new()));
}

#[test]
fn what_a_change_leaves_out_stays() {
    let english = BTreeMap::from([("en".to_owned(), "Kinoko".to_owned())]);
    let (categories, nothing) = (vec!["sweets".to_owned()], BTreeMap::new());
    let all = GivenExtras {
        names: Some(&english),
        descriptions: Some(&english),
        categories: Some(&categories),
        search_text: Some("mushroom"),
    };
    let called = update(&created(), ANY, &also("きのこの山", 200, all)).unwrap();
    assert_eq!(names(&called), ["ProductUpdated"]);
    let product = then(created(), called);
    let cheaper = update(&product, ANY, &change("きのこの山", 150)).unwrap();
    assert_eq!(names(&cheaper), ["ProductPriceChanged"]);
    let renamed = update(&product, ANY, &change("きのこの里", 150)).unwrap();
    let product = then(product, renamed);
    let kept = &product.known().unwrap().details;
    assert_eq!((kept.name(), kept.names().get("en")), ("きのこの里", Some("Kinoko")));
    let presentation = kept.presentation().clone();
    assert_eq!(presentation.descriptions.get("en"), Some("Kinoko"));
    assert_eq!((presentation.categories, presentation.search_text.as_str()), (categories, "mushroom"));
    // Each is taken away by itself, and that is a change.
    let cases = [
        GivenExtras { names: Some(&nothing), ..GivenExtras::default() },
        GivenExtras { descriptions: Some(&nothing), ..GivenExtras::default() },
        GivenExtras { categories: Some(&[]), ..GivenExtras::default() },
        GivenExtras { search_text: Some(""), ..GivenExtras::default() },
    ];
    let mut product = product;
    for given in cases {
        let less = update(&product, ANY, &also("きのこの里", 150, given)).unwrap();
        assert_eq!(names(&less), ["ProductUpdated"], "{given:?}");
        product = then(product, less);
    }
    let bare = &product.known().unwrap().details;
    assert!(bare.names().is_empty() && *bare.presentation() == Presentation::default());
}

#[test]
fn a_change_without_a_price_leaves_the_one_that_it_has() {
    let words = |name: &str| Change::parse(name, "Chocolate.", None, Currency::JPY, GivenExtras::default()).unwrap();
    assert_eq!(update(&created(), ANY, &words("きのこの山")), Ok(Vec::new()));
    let renamed = update(&created(), ANY, &words("大きのこ")).unwrap();
    assert_eq!(names(&renamed), ["ProductUpdated"]);
    let product = then(created(), renamed);
    assert_eq!(product.known().unwrap().details, details("大きのこ", 200));
}

#[test]
fn a_restored_product_is_what_it_was() {
    let categories = vec!["sweets".to_owned()];
    let given = GivenExtras { categories: Some(&categories), ..GivenExtras::default() };
    let changed = update(&created(), ANY, &also("大きのこ", 300, given)).unwrap();
    let before = then(created(), changed);
    let deleted = then(before.clone(), delete(&before, ANY).unwrap());
    let restored = restore(&deleted, ANY).unwrap();
    assert_eq!(names(&restored), ["ProductRestored"]);
    assert_eq!(then(deleted.clone(), restored), before);
    assert_eq!(restore(&before, ANY), Ok(Vec::new()), "it is on sale");
    assert_eq!(restore(&Product::default(), ANY), Err(Refusal::NotFound));
    let wanted = Precondition::OneOf(vec![Version::new(2)]);
    let late = Expected { current: Version::new(3), wanted: &wanted };
    assert_eq!(restore(&deleted, late), Err(Refusal::Stale { current: Version::new(3) }));
    assert_eq!(restore(&before, late), Ok(Vec::new()), "its answer was lost");
}

#[test]
fn a_deleted_product_stays_deleted() {
    let deleted = then(created(), delete(&created(), ANY).unwrap());
    assert_eq!(delete(&deleted, ANY), Ok(Vec::new()));
    assert_eq!(update(&deleted, ANY, &change("きのこの山", 250)), Err(Refusal::NotFound));
    assert_eq!(delete(&Product::default(), ANY), Err(Refusal::NotFound));
}

#[test]
fn a_history_begins_with_the_creation_and_has_one() {
    let created_event = create(&Product::default(), &id(), Identity::Chosen, &details("きのこの山", 200), 100).unwrap();
    let repriced = update(&created(), ANY, &change("きのこの山", 250)).unwrap();
    let mut product = Product::default();
    assert_eq!(product.evolve(&repriced[0]), Err(Misplaced(repriced[0].event_type())));
    assert_eq!(product, Product::default());
    assert_eq!(created().evolve(&created_event[0]), Err(Misplaced(created_event[0].event_type())));
}

#[test]
fn a_state_survives_its_snapshot() {
    let json = serde_json::to_value(created()).unwrap();
    assert_eq!(serde_json::from_value::<Product>(json).unwrap(), created());
}

#[test]
fn a_change_meant_for_another_version_is_refused_unless_it_was_made_already() {
    let (third, wanted) = (Version::new(3), Precondition::OneOf(vec![Version::new(2)]));
    let late = Expected { current: third, wanted: &wanted };
    let stale = Err(Refusal::Stale { current: third });
    assert_eq!(update(&created(), late, &change("きのこの山", 250)), stale);
    assert_eq!(update(&created(), late, &change("きのこの里", 200)), stale);
    assert_eq!(delete(&created(), late), stale);
    assert_eq!(update(&created(), late, &change("きのこの山", 200)), Ok(Vec::new()), "its answer was lost");
    let deleted = then(created(), delete(&created(), ANY).unwrap());
    assert_eq!(delete(&deleted, late), Ok(Vec::new()), "its answer was lost");
    assert_eq!(update(&deleted, late, &change("きのこの山", 250)), Err(Refusal::NotFound));
    let wanted = Precondition::OneOf(vec![Version::new(2), third]);
    let in_time = Expected { current: third, wanted: &wanted };
    assert_eq!(names(&update(&created(), in_time, &change("きのこの山", 250)).unwrap()), ["ProductPriceChanged"]);
    assert_eq!(names(&delete(&created(), in_time).unwrap()), ["ProductDeleted"]);
}

use std::collections::BTreeMap;

use shotengai_contracts::{CatalogEvent, Misplaced, OwnedEvent};
use shotengai_kernel::{Currency, Names, Precondition, ProductId, Version};

use super::*;

/// Whatever version it is at.
const ANY: Expected<'static> = Expected { current: Version::FIRST, wanted: &Precondition::Any };

fn details(name: &str, price: u32) -> Details {
    Details::parse(name, "Chocolate.", &price.into(), Currency::JPY).unwrap()
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
    let events = update(&created(), ANY, &details("きのこの山", 250), None).unwrap();
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
    assert_eq!(names(&update(&created(), ANY, &details("きのこの山", 250), None).unwrap()), ["ProductPriceChanged"]);
    assert_eq!(names(&update(&created(), ANY, &details("きのこの里", 200), None).unwrap()), ["ProductUpdated"]);
    assert_eq!(update(&created(), ANY, &details("きのこの山", 200), None), Ok(Vec::new()));
}

#[test]
fn names_in_other_languages_stay_unless_others_are_given() {
    let english = |name: &str| super::details::names(&BTreeMap::from([("en".to_owned(), name.to_owned())])).unwrap();
    let called = update(&created(), ANY, &details("きのこの山", 200), Some(&english("Kinoko"))).unwrap();
    assert_eq!(names(&called), ["ProductUpdated"]);
    let product = then(created(), called);
    let cheaper = update(&product, ANY, &details("きのこの山", 150), None).unwrap();
    assert_eq!(names(&cheaper), ["ProductPriceChanged"]);
    let renamed = update(&product, ANY, &details("きのこの里", 150), None).unwrap();
    let product = then(product, renamed);
    assert_eq!(product.known().unwrap().details.names(), &english("Kinoko"));
    let none =
        then(product.clone(), update(&product, ANY, &details("きのこの里", 150), Some(&Names::default())).unwrap());
    assert!(none.known().unwrap().details.names().is_empty());
}

#[test]
fn a_deleted_product_stays_deleted() {
    let deleted = then(created(), delete(&created(), ANY).unwrap());
    assert_eq!(delete(&deleted, ANY), Ok(Vec::new()));
    assert_eq!(update(&deleted, ANY, &details("きのこの山", 250), None), Err(Refusal::NotFound));
    assert_eq!(delete(&Product::default(), ANY), Err(Refusal::NotFound));
}

#[test]
fn a_history_begins_with_the_creation_and_has_one() {
    let created_event = create(&Product::default(), &id(), Identity::Chosen, &details("きのこの山", 200), 100).unwrap();
    let repriced = update(&created(), ANY, &details("きのこの山", 250), None).unwrap();
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
    assert_eq!(update(&created(), late, &details("きのこの山", 250), None), stale);
    assert_eq!(update(&created(), late, &details("きのこの里", 200), None), stale);
    assert_eq!(delete(&created(), late), stale);
    assert_eq!(update(&created(), late, &details("きのこの山", 200), None), Ok(Vec::new()), "its answer was lost");
    let deleted = then(created(), delete(&created(), ANY).unwrap());
    assert_eq!(delete(&deleted, late), Ok(Vec::new()), "its answer was lost");
    assert_eq!(update(&deleted, late, &details("きのこの山", 250), None), Err(Refusal::NotFound));
    let wanted = Precondition::OneOf(vec![Version::new(2), third]);
    let in_time = Expected { current: third, wanted: &wanted };
    assert_eq!(
        names(&update(&created(), in_time, &details("きのこの山", 250), None).unwrap()),
        ["ProductPriceChanged"]
    );
    assert_eq!(names(&delete(&created(), in_time).unwrap()), ["ProductDeleted"]);
}

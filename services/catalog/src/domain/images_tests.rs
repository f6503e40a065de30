//! Decisions about images.

use shotengai_contracts::CatalogEvent;
use shotengai_contracts::events::{AddedImage, ProductImageAdded};
use shotengai_kernel::{Currency, ImageId, Precondition, ProductId, Timestamp, Version};

use super::images::*;
use super::{Details, Expected, Identity, Product, create, delete, restore};

const ANY: Expected<'static> = Expected { current: Version::FIRST, wanted: &Precondition::Any };

fn then(mut product: Product, events: Vec<CatalogEvent>) -> Product {
    events.iter().for_each(|event| product.evolve(event).unwrap());
    product
}

fn created() -> Product {
    let details = Details::parse("きのこの山", "", &200.into(), Currency::JPY).unwrap();
    let id = ProductId::parse("prod_kinoko").unwrap();
    let events = create(&Product::default(), &id, Identity::Chosen, &details, 1).unwrap();
    then(Product::default(), events)
}

fn id(n: usize) -> ImageId {
    ImageId::parse(&format!("img_{n}")).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn given(n: usize) -> GivenImage {
    GivenImage { image_id: id(n), content_type: "image/png", size: 10 }
}

/// Asked for at this second, good for ten.
fn requested(product: Product, n: usize, second: i64) -> Product {
    let events = request_image(&product, &given(n), at(second), at(second + 10)).unwrap();
    then(product, events)
}

fn image(n: usize) -> AddedImage {
    AddedImage { image_id: id(n), width: 4, height: 3, placeholder: "1QcSHQ".to_owned() }
}

fn added(product: Product, n: usize) -> Product {
    let events = add_image(&product, &image(n), &[format!("k{n}")]).unwrap();
    then(product, events)
}

#[test]
fn an_image_is_added_once_and_only_where_it_is_awaited() {
    let product = requested(created(), 1, 0);
    let product = added(product, 1);
    assert_eq!(add_image(&product, &image(1), &["other".to_owned()]), Ok(Vec::new()), "the first attempt counts");
    assert_eq!(refuse_image(&product, &id(1), "damaged"), Ok(Vec::new()), "what is shown is not refused afterwards");
    assert_eq!(add_image(&product, &image(2), &[]), Err(ImageRefusal::NoImage));
    let removed = remove_image(&product, &id(1)).unwrap();
    assert!(matches!(&removed[..], [CatalogEvent::ProductImageRemoved(event)] if event.keys == ["k1"]));
    let product = then(product, removed);
    assert_eq!(add_image(&product, &image(1), &[]), Err(ImageRefusal::NoImage), "what was taken away never comes back");
    assert_eq!(remove_image(&product, &id(1)), Err(ImageRefusal::NoImage));
}

#[test]
fn an_upload_that_can_not_come_any_more_holds_no_place_and_one_that_came_is_taken_all_the_same() {
    let product = (0..MAX_IMAGES).fold(created(), |product, n| requested(product, n, 0));
    assert_eq!(request_image(&product, &given(99), at(10), at(20)), Err(ImageRefusal::TooMany));
    let product = requested(product, 99, 11);
    let product = added(product, 0);
    assert!(matches!(product.known().unwrap().image(&id(0)).unwrap().state, ImageState::Ready { .. }));
    // A backlog: all of them came in time, and there are more than may be asked for. No other is allowed.
    let product = (1..MAX_IMAGES).fold(added(product, 99), added);
    let ready = |entry: &&ImageEntry| matches!(entry.state, ImageState::Ready { .. });
    assert_eq!(product.known().unwrap().images.iter().filter(ready).count(), MAX_IMAGES + 1);
    assert_eq!(request_image(&product, &given(100), at(12), at(22)), Err(ImageRefusal::TooMany));
}

#[test]
fn a_wish_is_the_same_only_with_the_same_file_and_can_be_made_anew_once_it_is_over() {
    let product = requested(created(), 1, 0);
    assert_eq!(request_image(&product, &given(1), at(5), at(15)), Ok(Vec::new()));
    let other = GivenImage { size: 11, ..given(1) };
    assert_eq!(request_image(&product, &other, at(5), at(15)), Err(ImageRefusal::KeyReused));
    let other = GivenImage { content_type: "image/jpeg", ..given(1) };
    assert_eq!(request_image(&product, &other, at(5), at(15)), Err(ImageRefusal::KeyReused));
    let product = requested(product, 1, 20);
    let images = &product.known().unwrap().images;
    assert_eq!((images.len(), &images[0].state), (1, &ImageState::Awaited { until: at(30) }));
}

#[test]
fn what_is_no_picture_is_forgotten_before_it_makes_a_product_large() {
    let mut product = added(requested(created(), 0, 0), 0);
    for n in 1..200 {
        product = requested(product, n, i64::try_from(n).unwrap() * 100);
        let refused = refuse_image(&product, &id(n), "damaged").unwrap();
        product = then(product, refused);
    }
    let known = product.known().unwrap();
    assert!(known.images.len() <= 25, "{}", known.images.len());
    assert!(known.image(&id(0)).is_some() && known.image(&id(199)).is_some() && known.image(&id(1)).is_none());
}

#[test]
fn a_deleted_product_has_no_images_and_comes_back_without() {
    let product = requested(added(requested(created(), 1, 0), 1), 2, 0);
    let product = then(product.clone(), delete(&product, ANY).unwrap());
    for refused in [
        request_image(&product, &given(3), at(0), at(10)),
        add_image(&product, &image(2), &[]),
        refuse_image(&product, &id(2), "damaged"),
        remove_image(&product, &id(1)),
    ] {
        assert_eq!(refused, Err(ImageRefusal::NoProduct));
    }
    let product = then(product.clone(), restore(&product, ANY).unwrap());
    assert_eq!(product.known().unwrap().images, []);
    assert_eq!(add_image(&product, &image(2), &[]), Err(ImageRefusal::NoImage));
}

#[test]
fn a_picture_from_before_there_were_uploads_is_nobodys_to_decide_about() {
    let product_id = ProductId::parse("prod_kinoko").unwrap();
    let old = ProductImageAdded { product_id, keys: vec!["k".to_owned()], image: None };
    let product = then(created(), vec![old.into()]);
    assert_eq!(product.known().unwrap().images, []);
}

#[test]
fn a_state_without_images_is_read_as_one_that_has_none() {
    let mut json = serde_json::to_value(created()).unwrap();
    json["known"].as_object_mut().unwrap().remove("images").unwrap();
    assert_eq!(serde_json::from_value::<Product>(json).unwrap(), created());
}

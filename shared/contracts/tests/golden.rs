//! Every version of every event that was ever written decodes for ever, and the published schemas are the types'.
//!
//! `UPDATE_GOLDEN=1 cargo test -p shotengai-contracts` writes files for *new* versions and anew for schemas; a golden
//! envelope that exists is never overwritten, because somebody's table holds one like it.

use std::path::{Path, PathBuf};

use shotengai_contracts::events::{AddedImage, ProductImageAdded};
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_contracts::{DecodeError, Envelope, Event, EventType, asyncapi, compatible, samples};
use shotengai_kernel::{ImageId, ProductId};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

fn file_name(event_type: EventType, version: u32) -> String {
    format!("{event_type}.v{version}.json")
}

#[test]
fn the_newest_version_of_every_event_has_a_golden_envelope() {
    for event_type in EventType::ALL {
        let path = folder("golden").join(file_name(*event_type, event_type.version()));
        let sample = samples::envelope(*event_type).unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&sample).unwrap());
        if updating() && !path.exists() {
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        assert_eq!(golden, text, "{event_type} changed its shape: give it a new version and an upcaster");
    }
}

#[test]
fn every_version_of_every_event_that_was_ever_written_has_a_golden_envelope() {
    for event_type in EventType::ALL {
        for version in 1..=event_type.version() {
            let path = folder("golden").join(file_name(*event_type, version));
            let golden = std::fs::read(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
            let envelope = Envelope::from_json(&golden).unwrap();
            assert_eq!((envelope.event_type.as_str(), envelope.dataversion), (event_type.as_str(), version));
            // Today's type, whatever version it was written as.
            assert_eq!(envelope.event().unwrap().event_type(), *event_type, "{}", path.display());
        }
    }
}

#[test]
fn every_golden_envelope_decodes() {
    let mut seen = 0;
    for entry in std::fs::read_dir(folder("golden")).unwrap() {
        let path = entry.unwrap().path();
        let envelope = Envelope::from_json(&std::fs::read(&path).unwrap()).unwrap();
        let event = envelope.event().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let version = file_name(event.event_type(), envelope.dataversion);
        let name = path.file_name().unwrap().to_str().unwrap();
        // A version whose optional fields make another event of it has a file for that, too.
        let is_shape =
            name.strip_prefix(version.trim_end_matches("json")).is_some_and(|shape| shape.ends_with(".json"));
        assert!(name == version || is_shape, "a golden file is named for what it holds: {name}, {version}");
        seen += 1;
    }
    assert!(seen >= EventType::ALL.len());
}

/// What every release writes that has uploads; the other shape of the same version has keys alone.
#[test]
fn pictures_of_an_upload_have_a_golden_envelope_of_their_own() {
    let golden = std::fs::read(folder("golden").join("ProductImageAdded.v1.upload.json")).unwrap();
    let envelope = Envelope::from_json(&golden).unwrap();
    let added = ProductImageAdded {
        product_id: ProductId::parse("prod_kinoko").unwrap(),
        keys: ["web.webp", "web.jpg"].map(|name| format!("images/prod_kinoko/img_1/2/{name}")).to_vec(),
        image: Some(AddedImage {
            image_id: ImageId::parse("img_1").unwrap(),
            width: 1600,
            height: 800,
            placeholder: "1QcSHQRnh493V4dIh4eXh1h4kJUI".to_owned(),
        }),
    };
    let event = envelope.event().unwrap();
    assert_eq!(event, Event::from(added));
    assert_eq!(event.to_data(), envelope.data, "it is written as it always was");
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for event_type in EventType::ALL {
        let path = folder("schemas").join(file_name(*event_type, event_type.version()));
        let text = format!("{}\n", serde_json::to_string_pretty(&event_type.schema()).unwrap());
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        if let Ok(published) = serde_json::from_str(&published) {
            let breaks = compatible::breaks(&published, &event_type.schema().to_value());
            assert!(breaks.is_empty(), "{event_type} needs a new version and an upcaster: {breaks:#?}");
        }
        if updating() {
            std::fs::write(&path, &text).unwrap();
        } else {
            assert_eq!(published, text, "{event_type}: run with UPDATE_GOLDEN=1");
        }
    }
}

#[test]
fn the_published_asyncapi_document_is_that_of_the_code() {
    let path = folder("../../docs/asyncapi.json");
    let document = asyncapi::document(&[&SHOTENGAI]).unwrap();
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if updating() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "run with UPDATE_GOLDEN=1");
}

#[test]
fn no_event_has_a_field_for_personal_data() {
    for event_type in EventType::ALL {
        let schema = serde_json::to_string(&event_type.schema()).unwrap();
        for word in ["email", "e_mail", "address", "phone", "card", "language", "payment_token", "token"] {
            assert!(!schema.contains(&format!("\"{word}")), "{event_type} has {word}");
        }
    }
}

#[test]
fn an_order_that_was_written_with_its_token_is_read_without() {
    let golden = std::fs::read(folder("golden").join("OrderPlaced.v1.json")).unwrap();
    let envelope = Envelope::from_json(&golden).unwrap();
    assert_eq!(envelope.data["payment_token"], "tok_visa");
    let event = envelope.event().unwrap();
    assert_eq!(event, samples::event(EventType::OrderPlaced).unwrap(), "what an order of today says");
    assert!(!event.to_data().to_string().contains("tok_"));
}

#[test]
fn attributes_that_nobody_knows_are_kept() {
    let mut strange = serde_json::to_value(samples::envelope(EventType::OrderPaid).unwrap()).unwrap();
    strange["zone"] = serde_json::json!({"ward": ["東", 1.5]});
    let envelope = Envelope::from_json(strange.to_string().as_bytes()).unwrap();
    assert_eq!(envelope.extensions.len(), 1);
    assert_eq!(serde_json::to_value(&envelope).unwrap(), strange);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&envelope.to_json()).unwrap(), strange);
}

#[test]
fn what_is_no_envelope_what_is_unknown_and_what_is_from_the_future_are_told_apart() {
    let not_utf8 = b"{\"id\":\"\xff\"}";
    for garbage in [b"".as_slice(), b"{", b"{\"id\":1}}", b"{\"id\":1, garbage", &[0xff, 0xfe], not_utf8] {
        assert!(matches!(Envelope::from_json(garbage), Err(DecodeError::NotJson(_))), "{garbage:?}");
    }
    for other in [b"null".as_slice(), b"[]", b"\"text\"", b"{}", b"{\"id\":1}"] {
        assert!(matches!(Envelope::from_json(other), Err(DecodeError::NotAnEnvelope(_))), "{other:?}");
    }

    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.event_type = "OrderEaten".to_owned();
    assert!(matches!(envelope.event(), Err(DecodeError::UnknownType(name)) if name == "OrderEaten"));

    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.dataversion = 99;
    assert!(matches!(envelope.event(), Err(DecodeError::FutureVersion { found: 99, known: 1, .. })));

    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.data = serde_json::json!({"order_id": "ord_1"});
    assert!(matches!(envelope.event(), Err(DecodeError::BadData { .. })));
}

#[test]
fn every_subscription_is_to_something_that_exists_once() {
    let mut names: Vec<_> = SHOTENGAI.queues.iter().map(|queue| queue.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SHOTENGAI.queues.len());
    for queue in SHOTENGAI.subscribed_queues() {
        let mut events = queue.events().to_vec();
        events.sort_unstable();
        events.dedup();
        assert_eq!(events.len(), queue.events().len(), "{} names an event twice", queue.name);
    }
}

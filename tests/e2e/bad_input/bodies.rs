//! Bodies.

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_tests::raw::{RawAnswer, connect, read_all};
use shotengai_tests::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD};
use tokio::io::AsyncWriteExt;

use super::{CARD, Edge, PRIVATE, Reply, Who};

const JSON: (&str, &str) = ("content-type", "application/json");
const LIMIT: usize = 256 * 1024;

/// Something that takes a body.
struct Door {
    method: Method,
    path: String,
    who: Who,
    valid: Value,
    /// A field that has to be there, unless `may_lack_it`; none where a body may be `{}`.
    required: Option<&'static str>,
    /// A field that is a string.
    text: Option<&'static str>,
    may_be_absent: bool,
    /// An order without lines is one of the cart.
    may_lack_it: bool,
}

fn doors(edge: &Edge) -> Vec<Door> {
    let door = |method, path: String, who, valid, required, text| {
        let may_be_absent = path.ends_with("/cancel");
        let may_lack_it = path == "/orders";
        Door { method, path, who, valid, required, text, may_be_absent, may_lack_it }
    };
    let Edge { product, order, .. } = edge;
    let item = json!({ "product_id": product, "quantity": 1 });
    let details = json!({ "name": "たけのこの里", "description": "", "price": 220 });
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let items = json!({ "items": [item], "payment_token": "tok_visa" });
    let (post, put) = (Method::POST, Method::PUT);
    vec![
        door(post.clone(), "/auth/guest".into(), Who::Nobody, json!({ "language": "ja" }), None, Some("email")),
        door(post.clone(), "/auth/login".into(), Who::Nobody, login, Some("email"), Some("password")),
        door(post.clone(), "/products".into(), Who::Admin, details.clone(), Some("price"), Some("name")),
        door(put, format!("/products/{product}"), Who::Admin, details, Some("name"), Some("description")),
        door(
            post.clone(),
            format!("/products/{product}/stock"),
            Who::Admin,
            json!({ "quantity": 1 }),
            Some("quantity"),
            None,
        ),
        door(post.clone(), "/cart/items".into(), Who::Guest, item, Some("quantity"), Some("product_id")),
        door(post.clone(), "/orders".into(), Who::Guest, items, Some("items"), Some("payment_token")),
        door(post, format!("/orders/{order}/cancel"), Who::Guest, json!({ "note": "too late" }), None, Some("note")),
    ]
}

impl Edge {
    async fn knock(&self, door: &Door, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        self.send(door.method.clone(), &door.path, door.who, headers, body.into()).await
    }

    /// A body with these fields in place of the valid ones is refused at this pointer.
    async fn refused_at(&self, door: &Door, body: &str, status: u16, slug: &str, pointer: &str) {
        let reply = self.knock(door, &[JSON], body).await;
        let problem = self.refused(&reply, status, slug);
        assert_eq!(problem["pointer"], pointer, "{}: {problem}", reply.what);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{}: {problem}", reply.what);
    }
}

pub(super) async fn refuse(edge: &Edge) {
    let doors = doors(edge);
    for door in &doors {
        no_json(edge, door).await;
        not_what_was_expected(edge, door).await;
        too_large(edge, door).await;
    }
    let [guest, _, create, update, stock, _, order, cancel] = &doors[..] else { panic!("eight doors") };
    quantities(edge, stock, order).await;
    orders(edge, order).await;
    texts(edge, guest, create, update, cancel).await;
}

async fn no_json(edge: &Edge, door: &Door) {
    let text = door.text.unwrap_or("quantity");
    let deep = format!(r#"{{"{text}":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let [broken, lone, latin] = [&b"{"[..], b"\"\\ud800\"", b"\"caf\xe9\""]
        .map(|value| [format!(r#"{{"{text}":"#).as_bytes(), value, b"}"].concat());
    let bodies = [b"hana".to_vec(), b"{}{}".to_vec(), deep.into_bytes(), broken, lone, latin];
    for body in bodies {
        edge.refused(&edge.knock(door, &[JSON], body).await, 400, "malformed-json");
    }
    if !door.may_be_absent {
        edge.refused(&edge.knock(door, &[JSON], "").await, 400, "malformed-json");
        edge.refused(&edge.knock(door, &[], "").await, 415, "unsupported-media-type");
    }
    let valid = door.valid.to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", ""] {
        let reply = edge.knock(door, &[("content-type", content_type)], valid.clone()).await;
        assert_eq!(edge.refused(&reply, 415, "unsupported-media-type")["header"], "content-type");
    }
    let packed = edge.knock(door, &[JSON, ("content-encoding", "gzip")], valid).await;
    assert_eq!(edge.refused(&packed, 415, "unsupported-media-type")["header"], "content-encoding");
}

async fn not_what_was_expected(edge: &Edge, door: &Door) {
    for body in ["[]", "null", "7", "\"hana\"", "[[]]"] {
        edge.refused_at(door, body, 400, "invalid-body", "").await;
    }
    let mut unknown = door.valid.clone();
    unknown["colour~/"] = json!(PRIVATE);
    edge.refused_at(door, &unknown.to_string(), 400, "invalid-body", "/colour~0~1").await;
    if let Some(field) = door.required {
        let mut missing = door.valid.clone();
        missing.as_object_mut().unwrap().remove(field);
        if !door.may_lack_it {
            edge.refused_at(door, &missing.to_string(), 400, "invalid-body", &format!("/{field}")).await;
        }
        let mut wrong = door.valid.clone();
        wrong[field] = if wrong[field].is_string() { json!({ "mail": PRIVATE }) } else { json!(PRIVATE) };
        edge.refused_at(door, &wrong.to_string(), 400, "invalid-body", &format!("/{field}")).await;
    }
    if let Some(field) = door.text {
        let mut wrong = door.valid.clone();
        wrong[field] = json!([CARD]);
        edge.refused_at(door, &wrong.to_string(), 400, "invalid-body", &format!("/{field}")).await;
    }
    let (first, value) = door.valid.as_object().unwrap().iter().next().unwrap();
    let doubled = door.valid.to_string().replacen('{', &format!(r#"{{"{first}":{value},"#), 1);
    edge.refused_at(door, &doubled, 400, "invalid-body", &format!("/{first}")).await;
}

async fn too_large(edge: &Edge, door: &Door) {
    // White space around JSON means nothing, so only its length is wrong.
    let body = format!("{}{}", " ".repeat(LIMIT), door.valid);
    edge.refused(&edge.knock(door, &[JSON], body.clone()).await, 413, "body-too-large");
    edge.refused(&Reply::raw("chunked", &chunked(edge, door, &body).await), 413, "body-too-large");
}

/// Without a length: the server has to count.
async fn chunked(edge: &Edge, door: &Door, body: &str) -> RawAnswer {
    let authorization =
        edge.bearer(door.who).map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let head = format!(
        "{} {} HTTP/1.1\r\nHost: shop\r\n{authorization}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        door.method, door.path
    );
    let mut stream = connect(&edge.base).await;
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in body.as_bytes().chunks(64 * 1024) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        // It may have refused before it has all.
        let _refused = stream.write_all(&chunk).await;
    }
    let _refused = stream.write_all(b"0\r\n\r\n").await;
    read_all(&mut stream).await
}

async fn quantities(edge: &Edge, stock: &Door, order: &Door) {
    let bad = [
        "0",
        "-1",
        "1.5",
        "1.0000000000000000000001",
        "9223372036854775808",
        "1000001",
        "1e7",
        "1e-1",
        "\"1\"",
        "null",
        "[1]",
    ];
    for quantity in bad {
        let body = format!(r#"{{"quantity":{quantity}}}"#);
        edge.refused_at(stock, &body, 400, "invalid-body", "/quantity").await;
        let body = format!(r#"{{"items":[{{"product_id":"{}","quantity":{quantity}}}]}}"#, edge.product);
        edge.refused_at(order, &body, 400, "invalid-body", "/items/0/quantity").await;
    }
    edge.refused_at(stock, r#"{"quantity":1e400}"#, 400, "malformed-json", "/quantity").await;
    let body = format!(r#"{{"items":[{{"product_id":"{}","quantity":1e400}}]}}"#, edge.product);
    edge.refused_at(order, &body, 400, "malformed-json", "/items/0/quantity").await;
}

async fn orders(edge: &Edge, order: &Door) {
    let line = |product: &str, quantity: u32| json!({ "product_id": product, "quantity": quantity });
    let many: Vec<_> = (0..51).map(|n| line(&format!("prod_{n}"), 1)).collect();
    let known = edge.product.as_str();
    for (items, status, slug, pointer) in [
        (json!([]), 422, "empty-order", "/items"),
        (json!(many), 422, "too-many-lines", "/items"),
        (json!([line(known, 1_000_000), line(known, 1)]), 422, "out-of-range", "/items/1/quantity"),
        (json!([line(known, 1), line("prod_nobody_sells", 1)]), 422, "unknown-product", "/items/1/product_id"),
        (json!([line("../../etc", 1)]), 400, "invalid-body", "/items/0/product_id"),
        (json!([line(&edge.order, 1)]), 400, "invalid-body", "/items/0/product_id"),
        (json!([[known, 1]]), 400, "invalid-body", "/items/0"),
    ] {
        edge.refused_at(order, &json!({ "items": items }).to_string(), status, slug, pointer).await;
    }
    let two = json!({ "items": [line(known, 0), line("no id", 1)], "payment_token": CARD }).to_string();
    let problem = edge.refused(&edge.knock(order, &[JSON], two).await, 400, "invalid-body");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/items/0/quantity", "/items/1/product_id", "/payment_token"], "all faults at once");
    for key in ["", "a b", &"x".repeat(256)] {
        let reply = edge.knock(order, &[JSON, ("idempotency-key", key)], order.valid.to_string()).await;
        assert_eq!(edge.refused(&reply, 400, "bad-request")["header"], "idempotency-key");
    }
}

async fn texts(edge: &Edge, guest: &Door, create: &Door, update: &Door, cancel: &Door) {
    let long = "x".repeat(10_000);
    for text in [long.as_str(), "a\u{0}b", "a\u{fffe}b", "a\u{202e}b", "\u{7f}"] {
        for (door, field) in
            [(create, "name"), (update, "name"), (create, "description"), (cancel, "note"), (cancel, "reason")]
        {
            let mut body = door.valid.clone();
            body[field] = json!(text);
            edge.refused_at(door, &body.to_string(), 422, "invalid-text", &format!("/{field}")).await;
        }
        let body = json!({ "email": format!("{text}@example.com") }).to_string();
        edge.refused_at(guest, &body, 422, "invalid-email", "/email").await;
    }
    for (field, value) in [("name", json!(" ")), ("name", json!(""))] {
        let mut body = create.valid.clone();
        body[field] = value;
        edge.refused_at(create, &body.to_string(), 422, "invalid-text", "/name").await;
    }
    for email in ["hana", "hana@", "Hana <hana@example.com>", "hana@example.com\r\nBcc: all@example.com"] {
        edge.refused_at(guest, &json!({ "email": email }).to_string(), 422, "invalid-email", "/email").await;
    }
    edge.refused_at(guest, &json!({ "language": PRIVATE }).to_string(), 400, "invalid-body", "/language").await;
    for price in ["-1", "0.5", "1e15", "1e308"] {
        let body = format!(r#"{{"name":"a","description":"b","price":{price}}}"#);
        for door in [create, update] {
            edge.refused_at(door, &body, 422, "out-of-range", "/price").await;
        }
    }
    edge.refused_at(create, r#"{"name":"a","price":1,"stock":1000001}"#, 422, "out-of-range", "/stock").await;
    edge.refused_at(create, r#"{"name":"a","price":1,"product_id":"a/b"}"#, 400, "invalid-body", "/product_id").await;
    let all = edge.knock(create, &[JSON], r#"{"name":"","price":-1,"stock":1000001}"#).await;
    assert_eq!(edge.refused(&all, 422, "invalid-text")["errors"].as_array().map(Vec::len), Some(3));
}

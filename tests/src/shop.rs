//! What a customer or an administrator does over HTTP.

use shotengai_runtime::direct_http;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use shotengai_runtime::http::POOL_IDLE;
use tokio_util::sync::CancellationToken;

use crate::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD};
use crate::wait::until;

/// A shop's public interface.
#[derive(Clone)]
pub struct Shop {
    base: String,
    ledger_base: String,
    internal_token: String,
    client: reqwest::Client,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The access token.
    pub token: String,
    /// Who it is.
    pub user_id: String,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `Location`, if there is one.
    pub location: Option<String>,
    /// The body; null when it is no JSON.
    pub body: Value,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let status = response.status();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = response.bytes().await.unwrap_or_default();
        Self { status, location, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// The body, if the status is this one.
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

/// The text at a key of an answer.
#[must_use]
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text at {key} in {value}")).to_owned()
}

impl Shop {
    /// The shop at this base URL.
    #[must_use]
    pub fn new(base: String, internal_token: String) -> Self {
        Self { ledger_base: base.clone(), base, internal_token, client: client() }
    }

    /// The same, but the payment provider's ledger, which is not public, is read there.
    #[must_use]
    pub fn with_ledger_at(self, ledger_base: String) -> Self {
        Self { ledger_base, ..self }
    }

    /// The base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request as somebody, or as nobody.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        person: Option<&Person>,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(person) = person {
            request = request.bearer_auth(&person.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(Answer::read(request.send().await?).await)
    }

    /// Reads.
    pub async fn get(&self, path: &str, person: Option<&Person>) -> Answer {
        self.send(Method::GET, path, person, &[], None).await.unwrap()
    }

    /// The entries of all pages of a list, whose path has a parameter already.
    pub async fn entries(&self, path: &str, person: &Person) -> Vec<Value> {
        let (mut entries, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}"), Some(person)).await.expect(200);
            entries.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return entries };
            cursor = format!("&cursor={next}");
        }
    }

    /// Posts.
    pub async fn post(&self, path: &str, person: Option<&Person>, body: &Value) -> Answer {
        self.send(Method::POST, path, person, &[], Some(body)).await.unwrap()
    }

    /// Signs the administrator in.
    pub async fn admin(&self) -> Person {
        self.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await
    }

    /// Signs somebody in who has registered, or the administrator.
    pub async fn sign_in(&self, email: &str, password: &str) -> Person {
        let body = json!({"email": email, "password": password});
        person(&self.post("/auth/login", None, &body).await.expect(200))
    }

    /// A guest, with an address and a language if given.
    pub async fn guest(&self, email: Option<&str>, language: &str) -> Person {
        let mut body = json!({"language": language});
        if let Some(email) = email {
            body["email"] = json!(email);
        }
        person(&self.post("/auth/guest", None, &body).await.expect(201))
    }

    /// Puts a product on sale and waits until it shows, stock included; answers its id.
    pub async fn product(&self, admin: &Person, id: &str, name: &str, price: u32, stock: u32) -> String {
        let body = json!({"product_id": id, "name": name, "description": "", "price": price, "stock": stock});
        let created = self.post("/products", Some(admin), &body).await.expect(201);
        let id = text(&created, "product_id");
        let path = format!("/products/{id}");
        until("the product and its stock show", Duration::from_secs(90), || async {
            let answer = self.get(&path, None).await;
            if answer.body["stock"] == json!(stock) { Ok(()) } else { Err(answer) }
        })
        .await;
        id
    }

    /// Places an order of (product, quantity) lines.
    pub async fn order(&self, person: &Person, lines: &[(&str, u32)]) -> Answer {
        self.post("/orders", Some(person), &order_body(lines)).await
    }

    /// Places orders of one piece, one after the other, until told to stop; answers their ids.
    pub async fn keep_ordering(self, person: Person, product: String, stop: CancellationToken) -> Vec<String> {
        let mut orders = Vec::new();
        while !stop.is_cancelled() {
            orders.push(text(&self.order(&person, &[(&product, 1)]).await.expect(202), "order_id"));
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        orders
    }

    /// Waits until an order has this status; answers the order.
    pub async fn until_status(&self, person: &Person, order: &str, status: &str) -> Value {
        let path = format!("/orders/{order}");
        until(&format!("{order} becomes {status}"), Duration::from_secs(90), || async {
            let answer = self.get(&path, Some(person)).await;
            if answer.body["status"] == status { Ok(answer.body) } else { Err(answer) }
        })
        .await
    }

    /// What the payment provider's ledger has for an order.
    pub async fn ledger(&self, order: &str) -> Vec<Value> {
        let path = format!("{}/internal/ledger/{order}", self.ledger_base);
        let response = self.client.get(path).bearer_auth(&self.internal_token).send().await.unwrap();
        let answer = Answer::read(response).await.expect(200);
        let entries = if answer.is_array() { &answer } else { &answer["entries"] };
        entries.as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }
}

/// The body of an order of (product, quantity) lines.
#[must_use]
pub fn order_body(lines: &[(&str, u32)]) -> Value {
    let items: Vec<_> =
        lines.iter().map(|(product, quantity)| json!({"product_id": product, "quantity": quantity})).collect();
    json!({"items": items})
}

fn person(answer: &Value) -> Person {
    Person { token: text(answer, "access_token"), user_id: text(answer, "user_id") }
}

/// Gives up connections before servers do, as every client should.
fn client() -> reqwest::Client {
    direct_http().pool_idle_timeout(POOL_IDLE).build().unwrap()
}

//! Who may do what: each public route with each kind of token, good ones and forged ones.

mod routes;
mod tokens;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use shotengai_contracts::api::route::Spec;
use shotengai_contracts::api::{Audience, Interface};
use shotengai_tests::shop::{Person, text};
use shotengai_tests::test_cluster::TestCluster;

use routes::{ROUTES, Row};
use tokens::{Forger, Named};

const PASSWORD: &str = "kinoko and takenoko";

/// What a row's path and body are about.
struct Things {
    order: String,
    product: String,
    owner: String,
}

impl Things {
    fn fill(&self, text: &str) -> String {
        text.replace("{order}", &self.order).replace("{product}", &self.product).replace("{owner}", &self.owner)
    }
}

fn method(spec: &Spec) -> Method {
    spec.method.as_str().parse().unwrap()
}

/// What a token that is no good is answered: as none is, where none is needed.
fn of_bad_tokens(spec: &Spec, row: &Row) -> u16 {
    match spec.audience {
        // It asks whose account is to be kept, and doesn't guess.
        Audience::Anyone if spec.name == "register" => 401,
        Audience::Anyone => row.nobody,
        Audience::Customer | Audience::LinkHolder | Audience::Administrator | Audience::Internal => 401,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_route_answers_each_kind_of_token_as_its_row_says() {
    let listed: BTreeSet<&str> = ROUTES.iter().map(|row| row.route).collect();
    let interface = Interface::default();
    let declared: BTreeSet<&str> = interface.specs().map(|spec| spec.name).collect();
    assert_eq!(listed, declared, "each public route has a row, and each row is a route");

    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[("SIGN_IN_LIMIT_PER_MINUTE", "0")]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let product = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let (owner, other) = (customer(&shop, "owner").await, customer(&shop, "other").await);
    let guest = shop.guest(None, "en").await;
    let placed = shop.order(&owner, &[(&product, 1)]).await.expect(202);
    let order = text(&placed, "order_id");
    shop.until_status(&owner, &order, "paid").await;
    let things = Things { order, product, owner: owner.user_id.clone() };

    let forger = Forger::new(&cluster, &owner);
    let bad = forger.bad_tokens();
    assert_eq!(bad.len(), 6);
    let unchanged = Person { token: forger.good(), user_id: owner.user_id.clone() };
    assert_eq!(shop.get("/customers", Some(&unchanged)).await.status, 200, "what is wrong with them is what they say");
    let good = [("guest", &guest), ("customer", &owner), ("other customer", &other), ("administrator", &admin)];
    let mut wrong = Vec::new();
    let mut cells = 0;
    for row in ROUTES {
        let spec = interface.specs().find(|spec| spec.name == row.route).unwrap();
        let (path, body) = (things.fill(row.path), row.body.map(|body| things.fill(body)));
        let body = body.map(|body| serde_json::from_str(&body).unwrap());
        let at: Vec<_> = row.at.map(|version| ("if-match", version)).into_iter().collect();
        let mut ask = Vec::new();
        ask.push(("nobody", None, row.nobody));
        for Named { name, token } in &bad {
            let person = Person { token: token.clone(), user_id: owner.user_id.clone() };
            ask.push((*name, Some(person), of_bad_tokens(spec, row)));
        }
        for ((name, person), status) in good.iter().zip([row.guest, row.owner, row.other, row.administrator]) {
            ask.push((*name, Some((*person).clone()), status));
        }
        assert_eq!(ask.len(), 11);
        for (name, person, wanted) in ask {
            cells += 1;
            let answer = shop.send(method(spec), &path, person.as_ref(), &at, body.as_ref()).await.unwrap();
            if answer.status.as_u16() != wanted {
                wrong.push(format!("{} by {name}: {} instead of {wanted}: {}", spec.name, answer.status, answer.body));
            }
            // Whoever may not see it learns nothing of it, its existence included.
            let shown = answer.body.to_string();
            if name != "customer" && name != "administrator" && shown.contains(&things.owner) {
                wrong.push(format!("{} shows {name} the owner", spec.name));
            }
        }
    }
    println!("{cells} cells");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An order that is somebody else's is answered byte for byte as one that there never was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_order_looks_like_none() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let product = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let (owner, other) = (customer(&shop, "owner").await, customer(&shop, "other").await);
    let order = text(&shop.order(&owner, &[(&product, 1)]).await.expect(202), "order_id");
    shop.until_status(&owner, &order, "paid").await;
    let none = format!("ord_{}", "0".repeat(32));
    for (method, path, body) in [
        (Method::GET, "/orders/{}", None),
        (Method::GET, "/orders/{}/events", None),
        (Method::POST, "/orders/{}/cancel", Some(json!({ "reason": "mine now" }))),
    ] {
        let mut answers = Vec::new();
        for id in [&order, &none] {
            let path = path.replace("{}", id);
            let answer = shop.send(method.clone(), &path, Some(&other), &[], body.as_ref()).await.unwrap();
            let mut told = answer.body;
            told.as_object_mut().unwrap().remove("instance");
            answers.push((answer.status, told.to_string().replace(id.as_str(), "<id>")));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
    let listed = shop.get("/orders", Some(&other)).await.expect(200);
    assert_eq!(listed["items"], json!([]));
    assert_eq!(shop.get(&format!("/orders/{order}"), Some(&owner)).await.expect(200)["status"], "paid");
}

async fn customer(shop: &shotengai_tests::shop::Shop, name: &str) -> Person {
    let email = format!("{name}@example.com");
    let _ = shop.post("/auth/register", None, &json!({ "email": email, "password": PASSWORD })).await.expect(202);
    shop.sign_in(&email, PASSWORD).await
}

//! `GET /internal/ledger/{order_id}`: what the built-in provider did, for operators and tests. Not for customers.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use shotengai_kernel::{Currency, OrderId, PaymentId};
use shotengai_runtime::Routes;
use shotengai_runtime::http::{InternalCaller, PathId, Problem};

use crate::provider::{Answer, Entry, Ledger, Operation};

/// Adds billing's routes.
pub fn routes(routes: &mut Routes, ledger: &Ledger) {
    routes.data(web::Data::new(ledger.clone()));
    routes.get("/internal/ledger/{id}", entries);
}

#[derive(Serialize)]
struct Page {
    order_id: OrderId,
    payment_id: PaymentId,
    entries: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    operation: Operation,
    amount: serde_json::Number,
    currency: Currency,
    #[serde(flatten)]
    answer: Answer,
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        let Entry { operation, amount, answer } = entry;
        Self { operation, amount: amount.to_major_number(), currency: amount.currency(), answer }
    }
}

async fn entries(
    _caller: InternalCaller,
    order: PathId<OrderId>,
    ledger: web::Data<Ledger>,
) -> Result<HttpResponse, Problem> {
    let order_id = order.0;
    let payment_id = PaymentId::of_order(&order_id);
    let entries = ledger.entries(&payment_id).await?.into_iter().map(Line::from).collect();
    Ok(HttpResponse::Ok().json(Page { order_id, payment_id, entries }))
}

//! What it costs that everybody wants the same: one product, a thousand evenly and by Zipf's law, through the whole street.

use futures::StreamExt;
use serde::Serialize;
use serde_json::json;
use shotengai_kernel::{Random, SeededRandom};
use shotengai_tests::wait::until;

use crate::args::{Plan, StreetKey};
use crate::results::count;
use crate::shape::{Open, Shape};
use crate::street::{Lines, Street};

const PRODUCTS: usize = 1000;
const PIECES: u32 = 100_000;
/// Each way is measured once on the way there and once on the way back, since the local AWS gets slower as it fills.
const ROUND: [Way; 6] = [Way::Even, Way::One, Way::Zipf, Way::Zipf, Way::One, Way::Even];

/// How orders are spread over products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    One,
    Even,
    Zipf,
}

/// Orders a second, paid.
#[derive(Serialize)]
pub(crate) struct Products {
    pub(crate) orders_each: usize,
    pub(crate) one_a_second: f64,
    pub(crate) even_a_second: f64,
    pub(crate) zipf_a_second: f64,
}

/// Sells in a street of its own: change capture, hints.
pub(crate) async fn measure(plan: &Plan) -> Products {
    let shape = Shape::of(StreetKey::Cdc, None, plan.shards);
    let Open { cluster, process, .. } = &shape.open().await;
    let mut street = Street::open(cluster, process, true).await;
    let ids = on_sale(&street).await;
    street.until_quiet().await;
    let orders = plan.load.div_ceil(2);
    let random = SeededRandom::new(1);
    let zipf: Vec<usize> = (0..orders).map(|_| by_zipf(&random)).collect();
    let mut seconds = [0.0; 3];
    for way in ROUND {
        let lines = |n: usize| -> Lines {
            let product = match way {
                Way::One => 0,
                Way::Even => n % PRODUCTS,
                Way::Zipf => zipf[n],
            };
            vec![(ids[product].clone(), 1)]
        };
        let paid = street.at_once(orders, plan.clients, lines).await.all_paid;
        seconds[way as usize] += paid.as_secs_f64();
    }
    street.assert_tidy().await;
    let a_second = |way: Way| count(2 * orders) / seconds[way as usize];
    Products {
        orders_each: 2 * orders,
        one_a_second: a_second(Way::One),
        even_a_second: a_second(Way::Even),
        zipf_a_second: a_second(Way::Zipf),
    }
}

/// Puts a thousand products on sale and waits until all show.
async fn on_sale(street: &Street<'_>) -> Vec<String> {
    let admin = &street.shop.admin().await;
    let id = |n: usize| format!("prod_of_many_{n}");
    let create = |n: usize| async move {
        let body = json!({
            "product_id": id(n), "name": format!("Kinoko {n}"), "description": "", "price": 200, "stock": PIECES,
        });
        drop(street.shop.post("/products", Some(admin), &body).await.expect(201));
    };
    futures::stream::iter(0..PRODUCTS).map(create).buffer_unordered(16).for_each(std::future::ready).await;
    let ids: Vec<_> = (0..PRODUCTS).map(id).collect();
    for id in &ids {
        let path = format!("/products/{id}");
        until("the product and its stock show", std::time::Duration::from_secs(300), || async {
            let answer = street.shop.get(&path, None).await;
            if answer.body["stock"] == json!(PIECES) { Ok(()) } else { Err(answer) }
        })
        .await;
    }
    ids
}

/// A product whose share is as 1 ÷ its rank.
fn by_zipf(random: &dyn Random) -> usize {
    const STEPS: u32 = 1 << 30;
    let all: f64 = (1..=PRODUCTS).map(|rank| 1.0 / count(rank)).sum();
    let drawn = u32::try_from(random.below(u64::from(STEPS))).unwrap_or_default();
    let mut left = all * f64::from(drawn) / f64::from(STEPS);
    for rank in 1..=PRODUCTS {
        left -= 1.0 / count(rank);
        if left < 0.0 {
            return rank - 1;
        }
    }
    PRODUCTS - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_thousand_has_a_seventh_or_eighth() {
        let random = SeededRandom::new(7);
        let first = (0..8000).filter(|_| by_zipf(&random) == 0).count();
        assert!((900..1250).contains(&first), "{first}");
    }
}

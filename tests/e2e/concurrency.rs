//! More buyers than pieces, all at once, with two processes of inventory and two of billing.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use shotengai_contracts::Event;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{Random, SeededRandom};
use shotengai_tests::facts::{self, Balance, StockFacts};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

const CLIENTS: usize = 48;
/// How long any one thing may take, on a machine that other tests keep busy.
const WITHIN: Duration = Duration::from_secs(90);

/// Pieces by product.
type Lines = BTreeMap<String, u32>;

/// A street whose stock and payments two processes each take care of.
struct Crowd {
    shop: Shop,
    billing: Shop,
    pairs: Vec<Process>,
    _others: Process,
    /// Last: its folder has the logs that a failing process shows when it is dropped.
    cluster: TestCluster,
}

/// An order and how it ended.
struct Ended {
    id: String,
    lines: Lines,
    is_paid: bool,
}

impl Crowd {
    async fn gather() -> Self {
        let cluster = TestCluster::provisioned().await;
        let others = cluster.serve("storefront,order,catalog,notification,tally,query,bridge", &[]).await;
        let jwks = format!("{}/.well-known/jwks.json", others.url);
        let urls = [("CATALOG_URL", others.url.as_str()), ("STOREFRONT_URL", others.url.as_str()), ("JWKS_URL", &jwks)];
        let (one, two) =
            tokio::join!(cluster.serve("inventory,billing", &urls), cluster.serve("inventory,billing", &urls));
        let (shop, billing) = (cluster.shop(&others), cluster.shop(&one));
        Self { shop, billing, pairs: vec![one, two], _others: others, cluster }
    }

    /// Places all of these at once and waits until each is paid or cancelled for want of stock.
    async fn rush(&self, buyer: &Person, wanted: Vec<Vec<(String, u32)>>) -> Vec<Ended> {
        let started = tokio::time::Instant::now();
        let placed: Vec<(String, Lines)> = futures::stream::iter(wanted)
            .map(|lines| async move {
                let asked: Vec<_> = lines.iter().map(|(product, pieces)| (product.as_str(), *pieces)).collect();
                let answer = self.shop.order(buyer, &asked).await.expect(202);
                (text(&answer, "order_id"), lines.into_iter().collect())
            })
            .buffer_unordered(CLIENTS)
            .collect()
            .await;
        let accepted = started.elapsed();
        let mut ended = Vec::new();
        for (id, lines) in placed {
            let order = self.until_final(buyer, &id).await;
            let is_paid = order["status"] == "paid";
            assert!(is_paid || order["reason"] == "out_of_stock", "{order}");
            ended.push(Ended { id, lines, is_paid });
        }
        println!("{} orders accepted in {accepted:?}, all final after {:?}", ended.len(), started.elapsed());
        ended
    }

    async fn until_final(&self, buyer: &Person, order: &str) -> Value {
        let path = format!("/orders/{order}");
        until(&format!("{order} is paid or cancelled"), WITHIN, || async {
            let answer = self.shop.get(&path, Some(buyer)).await;
            if answer.body["status"] == "paid" || answer.body["status"] == "cancelled" {
                Ok(answer.body)
            } else {
                Err(answer)
            }
        })
        .await
    }

    /// Every account of it agrees: orders, reservations, stock, ledger, tally, read models.
    async fn assert_accounts_agree(&self, admin: &Person, ended: &[Ended], added: &Lines, prices: &Lines) {
        let mut sold: Lines = added.keys().map(|product| (product.clone(), 0)).collect();
        for order in ended {
            let facts = facts::order(&self.cluster, &order.id).await;
            let total: u32 = order.lines.iter().map(|(product, pieces)| prices[product] * pieces).sum();
            let reservation = facts::reservation(&self.cluster, &order.id).await;
            // All or none, decided once: a rejected order never held anything.
            if order.is_paid {
                assert_eq!(facts.stage, OrderStage::Paid, "{}", order.id);
                let [Event::StockReserved(reserved)] = reservation.as_slice() else { panic!("{reservation:?}") };
                let lines = reserved.lines.iter().map(|line| (line.product_id.to_string(), line.quantity.get()));
                assert_eq!(lines.collect::<Lines>(), order.lines, "{}", order.id);
                for (product, pieces) in &order.lines {
                    *sold.get_mut(product).unwrap() += pieces;
                }
            } else {
                assert_eq!(facts.cancelled, Some(("out_of_stock".to_owned(), OrderStage::Pending)), "{}", order.id);
                let [Event::StockRejected(rejected)] = reservation.as_slice() else { panic!("{reservation:?}") };
                assert!(!rejected.shortages.is_empty());
            }
            let expected = if order.is_paid {
                Balance { captures: 1, refunds: 0, net: i64::from(total), held: false }
            } else {
                Balance::default()
            };
            until("the ledger agrees", WITHIN, || async {
                let balance = facts::balance(&self.billing, &order.id).await;
                if balance == expected { Ok(()) } else { Err((order.id.clone(), balance)) }
            })
            .await;
        }
        for (product, added) in added {
            let (added, sold) = (i64::from(*added), i64::from(sold[product]));
            let stock = facts::stock(&self.cluster, product).await;
            assert_eq!(stock, StockFacts { added, available: added - sold, reserved: sold, deducted: 0 }, "{product}");
            until("the read model's stock agrees", WITHIN, || async {
                let body = self.shop.get(&format!("/products/{product}"), None).await.body;
                if body["stock"] == stock.available { Ok(()) } else { Err(body) }
            })
            .await;
        }
        until("the tally agrees", WITHIN, || async {
            let tally = self.shop.get("/tally", None).await.expect(200);
            let products = tally["products"].as_array().unwrap().iter();
            let counted = products.map(|entry| (text(entry, "product_id"), entry["net"].as_u64().unwrap_or_default()));
            let counted: BTreeMap<_, _> = counted.collect();
            let expected = sold.iter().filter(|(_, pieces)| **pieces > 0);
            let expected: BTreeMap<_, _> = expected.map(|(id, pieces)| (id.clone(), u64::from(*pieces))).collect();
            if counted == expected { Ok(()) } else { Err(counted) }
        })
        .await;
        for (status, is_paid) in [("paid", true), ("cancelled", false)] {
            let expected = ended.iter().filter(|order| order.is_paid == is_paid).count();
            assert_eq!(self.listed(admin, status).await, expected, "orders listed as {status}");
        }
        self.cluster.assert_tidy().await;
        for pair in &self.pairs {
            for consumer in ["inventory", "billing"] {
                assert!(settled(pair, consumer).await > 0.0, "both processes had a part in {consumer}");
            }
        }
    }

    /// How many orders the list shows with this status, page by page.
    async fn listed(&self, admin: &Person, status: &str) -> usize {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let page =
                self.shop.get(&format!("/orders?status={status}&limit=100{cursor}"), Some(admin)).await.expect(200);
            count += page["items"].as_array().unwrap().len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return count,
            }
        }
    }
}

/// Deliveries that a process's consumer has settled, by its metrics.
async fn settled(process: &Process, consumer: &str) -> f64 {
    let metrics = process.metrics().await;
    let label = format!("consumer=\"{consumer}\"");
    let lines =
        metrics.lines().filter(|line| line.starts_with("shotengai_consumer_deliveries_total") && line.contains(&label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_orders_at_once_for_a_hundred_pieces_sell_exactly_a_hundred() {
    let crowd = Crowd::gather().await;
    let admin = crowd.shop.admin().await;
    let kinoko = crowd.shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
    let buyer = crowd.shop.guest(None, "ja").await;

    let ended = crowd.rush(&buyer, vec![vec![(kinoko.clone(), 1)]; 300]).await;

    let paid = ended.iter().filter(|order| order.is_paid).count();
    assert_eq!((paid, ended.len() - paid), (100, 200));
    let (added, prices) = (Lines::from([(kinoko.clone(), 100)]), Lines::from([(kinoko.clone(), 200)]));
    crowd.assert_accounts_agree(&admin, &ended, &added, &prices).await;
    assert_eq!(facts::stock(&crowd.cluster, &kinoko).await.available, 0);
}

/// Inventory rejects an order only if, at the moment of its decision, a product had fewer pieces than the order wants.
/// It promises no best packing: an order that came earlier may take what two later ones would have shared. Here no
/// order that reserved is ever cancelled, so stock never comes back, and a shortage then is a shortage for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_orders_neither_block_each_other_nor_oversell_nor_leave_what_they_could_have_had() {
    let crowd = Crowd::gather().await;
    let admin = crowd.shop.admin().await;
    let (added, prices) = ([("prod_a", 90), ("prod_b", 80), ("prod_c", 25)], [100, 200, 300]);
    for ((id, stock), price) in added.into_iter().zip(prices) {
        crowd.shop.product(&admin, id, id, price, stock).await;
    }
    let buyer = crowd.shop.guest(None, "en").await;
    let random = SeededRandom::new(3);
    let mut wanted = Vec::new();
    for n in 0..120 {
        let products: &[&str] =
            [&["prod_a", "prod_b"][..], &["prod_b", "prod_a"], &["prod_a", "prod_b", "prod_c"]][n % 3];
        let pieces = || u32::try_from(random.below(3)).unwrap() + 1;
        wanted.push(products.iter().map(|product| ((*product).to_owned(), pieces())).collect());
    }

    let ended = crowd.rush(&buyer, wanted).await;

    let prices: Lines = added.iter().zip(prices).map(|((id, _), price)| ((*id).to_owned(), price)).collect();
    let added: Lines = added.into_iter().map(|(id, stock)| (id.to_owned(), stock)).collect();
    crowd.assert_accounts_agree(&admin, &ended, &added, &prices).await;
    let mut left = BTreeMap::new();
    for product in added.keys() {
        left.insert(product.as_str(), facts::stock(&crowd.cluster, product).await.available);
    }
    let rejected: Vec<_> = ended.iter().filter(|order| !order.is_paid).collect();
    assert!(!rejected.is_empty() && rejected.len() < ended.len(), "{} of {}", rejected.len(), ended.len());
    for order in rejected {
        let is_short = order.lines.iter().any(|(product, pieces)| i64::from(*pieces) > left[product.as_str()]);
        assert!(is_short, "{:?} could have been sold: {left:?} are left", order.lines);
    }
}

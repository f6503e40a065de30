//! What products are called and cost, as order knows it: a table that catalog's events keep, and catalog itself for
//! what is not in it yet.
//!
//! The table may lag behind catalog by as long as an event travels. A row's version is the product's, so a late write
//! never takes a newer row's place. Orders that are placed at the same moment read it together, and at prices that may be a
//! quarter of a second old (`read_together`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, Names, ProductId, Version};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::prices::Offer;
use crate::prices::catalog::CatalogClient;
use crate::prices::read_together::ReadTogether;
use crate::prices::unknown::Unknown;

/// How many look-ups one order has under way at catalog.
const LOOKUPS_AT_ONCE: usize = 8;
/// How many all orders of a process have, and how long one waits for its turn.
const LOOKUPS_IN_ALL: usize = 16;
const PLACE_WITHIN: Duration = Duration::from_secs(1);

/// A product at one of its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The product's version that this is.
    pub version: Version,
    /// What it is sold as; none once it was deleted.
    pub offer: Option<Offer>,
}

/// The prices that order knows. Cheap to clone.
#[derive(Clone)]
pub struct Prices {
    table: Arc<dyn Table>,
    rows: Arc<ReadTogether>,
    catalog: CatalogClient,
    unknown: Arc<Unknown>,
    lookups: Arc<Semaphore>,
}

/// A row's document.
#[derive(Serialize, Deserialize)]
struct Doc {
    name: Option<String>,
    #[serde(default)]
    names: Names,
    price: Option<Money>,
    deleted: bool,
}

impl Prices {
    /// Prices in this table; catalog is asked for what is missing.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, catalog: CatalogClient) -> Self {
        Self {
            rows: Arc::new(ReadTogether::new(Arc::clone(&table))),
            table,
            catalog,
            unknown: Arc::default(),
            lookups: Arc::new(Semaphore::new(LOOKUPS_IN_ALL)),
        }
    }

    /// The offers of these products up to the first that is not for sale: unknown or deleted. That one is left out, and
    /// those after it may be, too. So an order that names many made-up products costs catalog one question.
    ///
    /// # Errors
    /// A [`Fault`] of the table, or of catalog where it has to be asked.
    pub async fn offers(&self, products: &[ProductId]) -> Result<BTreeMap<ProductId, Offer>, Fault> {
        let keys: Vec<Key> = products.iter().map(key).collect();
        let mut known: BTreeMap<String, Listed> = BTreeMap::new();
        for row in self.rows.rows(&keys).await? {
            if let Some(listed) = read(&row) {
                known.insert(row.key.pk, listed);
            }
        }
        let mut offers = BTreeMap::new();
        let mut missing = Vec::new();
        for product in products {
            match known.remove(product.as_str()) {
                Some(Listed { offer: Some(offer), .. }) => drop(offers.insert(product.clone(), offer)),
                // This one is refused: of those after it nothing needs to be known.
                Some(Listed { offer: None, .. }) => break,
                None if self.unknown.has(product) => break,
                None => missing.push(product),
            }
        }
        // One first: where products are made up, that is what it costs.
        let (one, rest) = missing.split_at(missing.len().min(1));
        for some in one.chunks(1).chain(rest.chunks(LOOKUPS_AT_ONCE)) {
            let found = try_join_all(some.iter().map(|product| self.ask(product))).await?;
            let found =
                some.iter().zip(found).filter_map(|(product, listed)| Some(((*product).clone(), listed?.offer?)));
            let before = offers.len();
            offers.extend(found);
            if offers.len() < before + some.len() {
                break;
            }
        }
        Ok(offers)
    }

    /// The product as the table has it.
    pub(crate) async fn known(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        Ok(self.table.get(&key(product)).await?.as_ref().and_then(read))
    }

    /// The product as catalog has it; kept, if it is newer than what the table has.
    ///
    /// Messages about a product wait for catalog by themselves: orders' own must go on while it does not let us in.
    pub(crate) async fn refresh(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        let listed = self.catalog.product(product).await.map_err(|fault| match fault.kind() {
            FaultKind::Denied => Fault::new(FaultKind::Transient, fault.operation(), fault),
            _ => fault,
        })?;
        if let Some(listed) = &listed {
            self.keep(product, listed).await?;
        }
        Ok(listed)
    }

    /// Keeps a product unless the table has the same version or a newer one.
    pub(crate) async fn keep(&self, product: &ProductId, listed: &Listed) -> Result<(), Fault> {
        self.unknown.forget(product);
        let version = listed.version.get();
        let doc = Doc {
            name: listed.offer.as_ref().map(|offer| offer.name.clone()),
            names: listed.offer.as_ref().map(|offer| offer.names.clone()).unwrap_or_default(),
            price: listed.offer.as_ref().map(|offer| offer.price),
            deleted: listed.offer.is_none(),
        };
        // Names and amounts always serialize.
        let row = Row::new(key(product), version, serde_json::to_value(doc).unwrap_or_default());
        let answer = self.table.put(&row, Condition::VersionBelow(version)).await;
        self.rows.forget(&row.key);
        match answer {
            Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Like [`Prices::refresh`], but the answer counts even if it can't be kept: it is as good for this order.
    async fn ask(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        let place = timeout(PLACE_WITHIN, self.lookups.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(busy()) };
        let listed = self.catalog.product(product).await?;
        match &listed {
            None => self.unknown.remember(product),
            Some(listed) => {
                if let Err(fault) = self.keep(product, listed).await {
                    tracing::warn!(%product, %fault, "a price from catalog was not kept; it will be asked for again");
                }
            }
        }
        Ok(listed)
    }
}

fn busy() -> Fault {
    Fault::new(FaultKind::Throttled, "catalog.GetProduct", "too many look-ups are under way")
}

fn key(product: &ProductId) -> Key {
    Key::new(product.as_str(), "price")
}

/// A row that can't be read counts as missing: catalog knows better.
fn read(row: &Row) -> Option<Listed> {
    let doc: Doc = serde_json::from_value(row.doc.clone()).ok()?;
    let version = Version::new(row.version);
    if doc.deleted {
        return Some(Listed { version, offer: None });
    }
    Some(Listed { version, offer: Some(Offer { name: doc.name?, names: doc.names, price: doc.price? }) })
}

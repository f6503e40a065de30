//! What products are called and cost, as order knows it: a table that catalog's events keep, and catalog itself for
//! what is not in it yet.
//!
//! The table may lag behind catalog by as long as an event travels. A row's version is the product's, so a late write
//! never takes a newer row's place.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Money, Names, ProductId, Version};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};

use crate::prices::Offer;
use crate::prices::catalog::CatalogClient;

/// How many look-ups one order has under way at catalog.
const LOOKUPS_AT_ONCE: usize = 8;

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
    catalog: CatalogClient,
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
        Self { table, catalog }
    }

    /// The offers of these products. One that is unknown or deleted is left out.
    ///
    /// # Errors
    /// A [`Fault`] of the table, or of catalog where it has to be asked.
    pub async fn offers(&self, products: &[ProductId]) -> Result<BTreeMap<ProductId, Offer>, Fault> {
        let keys: Vec<Key> = products.iter().map(key).collect();
        let mut known: BTreeMap<String, Listed> = BTreeMap::new();
        for row in self.table.get_many(&keys).await? {
            if let Some(listed) = read(&row) {
                known.insert(row.key.pk, listed);
            }
        }
        let (have, miss): (Vec<_>, Vec<_>) = products.iter().cloned().partition(|id| known.contains_key(id.as_str()));
        let asked: Vec<(ProductId, Option<Offer>)> = stream::iter(miss)
            .map(|product| async move {
                let listed = self.ask(&product).await?;
                Ok::<_, Fault>((product, listed.and_then(|listed| listed.offer)))
            })
            .buffer_unordered(LOOKUPS_AT_ONCE)
            .try_collect()
            .await?;
        let from_table = have.into_iter().map(|id| {
            let offer = known.remove(id.as_str()).and_then(|listed| listed.offer);
            (id, offer)
        });
        Ok(from_table.chain(asked).filter_map(|(id, offer)| Some((id, offer?))).collect())
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
        let version = listed.version.get();
        let doc = Doc {
            name: listed.offer.as_ref().map(|offer| offer.name.clone()),
            names: listed.offer.as_ref().map(|offer| offer.names.clone()).unwrap_or_default(),
            price: listed.offer.as_ref().map(|offer| offer.price),
            deleted: listed.offer.is_none(),
        };
        // Names and amounts always serialize.
        let row = Row::new(key(product), version, serde_json::to_value(doc).unwrap_or_default());
        match self.table.put(&row, Condition::VersionBelow(version)).await {
            Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Like [`Prices::refresh`], but the answer counts even if it can't be kept: it is as good for this order.
    async fn ask(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        let listed = self.catalog.product(product).await?;
        if let Some(listed) = &listed
            && let Err(fault) = self.keep(product, listed).await
        {
            tracing::warn!(%product, %fault, "a price from catalog was not kept; it will be asked for again");
        }
        Ok(listed)
    }
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

//! What happened before the first customer: products with histories long enough for snapshots. It is written by the real
//! services and left for the sweepers, or for change capture, as if their processes had died.

use std::sync::Arc;

use anyhow::Context;
use shotengai_catalog::change::update_product;
use shotengai_catalog::create::{CreateProduct, create_product};
use shotengai_catalog::domain::{Change, Details};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Metadata, Owner};

use shotengai_inventory::add_stock::add_stock;
use shotengai_inventory::{InventoryRole, InventorySettings};
use shotengai_kernel::{AggregateId, Currency, Precondition, ProductId, Quantity, UserId, Version};
use shotengai_messaging::{Delivery, EventStore};
use shotengai_runtime::Supply;
use uuid::Uuid;

use crate::plan::Goods;
use crate::roles::catalog_settings;
use crate::world::World;

/// Writes the past of every product that has one.
pub(crate) async fn write(world: &World) {
    for (index, goods) in world.plan.goods.iter().enumerate().filter(|(_, goods)| goods.prehistory > 0) {
        if let Err(error) = of_product(world, index, goods).await {
            world.violation(format!("the past of product {index} can't be written: {error:#}"));
        }
    }
}

async fn of_product(world: &World, index: usize, goods: &Goods) -> anyhow::Result<()> {
    let ports = world.ports_of_the_past();
    // Whose workers never run: what they offer to the stream stays in their tables.
    let supply = Supply::new(Arc::clone(&world.infra) as _, ports.clone());
    let meta = || Metadata::request(ports.ids.uuid_v7(), None);

    let products = shotengai_catalog::assemble(supply.deps(Service::CATALOG), &catalog_settings(false)).products;
    let wanted = CreateProduct {
        user_id: UserId::parse("usr_admin")?,
        chosen_id: Some(ProductId::parse(&format!("prod_{index}"))?),
        key: None,
        details: details(index, 200)?,
        stock: goods.stock,
    };
    let product = create_product(&products, &wanted, &meta()).await?;
    for step in 0..i64::from(goods.prehistory) {
        let change = Change::to(&details(index, 100 + step)?);
        update_product(&products, &product, &Precondition::Any, &change, &meta()).await?;
    }

    let InventoryRole { stock_service, role } =
        shotengai_inventory::assemble(supply.deps(Service::INVENTORY), &InventorySettings::default());
    let (store, id) = (world.infra.memory_event_store(Owner::Catalog), AggregateId::from(&product));
    let commits = store.load(&id, Version::ZERO).await?;
    let created = commits.into_iter().flat_map(|commit| commit.events).next().context("no first event")?;
    let stock = role.consumed(&queues::INVENTORY).context("inventory consumes nothing")?;
    stock.handler.handle(&[Delivery::of(created)?]).await;
    for step in 0..goods.prehistory {
        let addition = Uuid::from_u128(u128::from(step) + 1_000_000 * (1 + u128::try_from(index)?));
        add_stock(&stock_service, &product, addition, Quantity::new(1)?, meta()).await?;
    }
    world.list(index, product);
    Ok(())
}

/// What a product is called and costs.
pub(crate) fn details(index: usize, price: i64) -> anyhow::Result<Details> {
    let parsed = Details::parse(&format!("product {index}"), "", &price.into(), Currency::JPY);
    parsed.map_err(|faults| anyhow::anyhow!("{faults:?}"))
}

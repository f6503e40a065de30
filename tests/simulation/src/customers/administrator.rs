//! The administrator.

use shotengai_catalog::change::{delete_product, update_product};
use shotengai_catalog::create::{CreateProduct, create_product};
use shotengai_catalog::domain::{Change, Details};
use shotengai_inventory::add_stock::{AddRefusal, add_stock, keyed_addition};
use shotengai_kernel::{AggregateId, Precondition, ProductId, Quantity, UserId};
use shotengai_messaging::CommandError;

use super::{Attempt, Person};
use crate::plan::Goods;
use crate::prehistory::details;

impl Person {
    pub(super) async fn administer(&self, index: usize, goods: Goods, listing: tokio::sync::oneshot::Sender<()>) {
        let Ok(user) = UserId::parse("usr_admin") else { return };
        let product = match self.world.product(index) {
            Some(product) => product,
            None => match self.create(&user, index, &goods).await {
                Some(product) => product,
                None => return,
            },
        };
        self.world.note(&self.name, || format!("{product} is listed"));
        // Nobody waits any more only when the simulation is over.
        let _ = listing.send(());
        for (step, (at, pieces)) in goods.additions.into_iter().enumerate() {
            self.until(at).await;
            if let Ok(quantity) = Quantity::new(pieces) {
                self.add(&user, &product, &format!("addition-{step}"), quantity).await;
            }
        }
        for at in goods.price_changes {
            self.until(at).await;
            if let Ok(details) = details(index, 300) {
                self.change(&product, Some(&details)).await;
            }
        }
        if let Some(at) = goods.deleted {
            self.until(at).await;
            self.change(&product, None).await;
            self.world.note(&self.name, || format!("{product} is taken away"));
        }
    }

    async fn create(&self, user: &UserId, index: usize, goods: &Goods) -> Option<ProductId> {
        let chosen_id = ProductId::parse(&format!("prod_{index}")).ok().filter(|_| goods.chosen_id);
        let first = details(index, 200).ok()?;
        let product = self
            .ask(
                |services| services.products.is_some(),
                |open| {
                    let wanted = CreateProduct {
                        user_id: user.clone(),
                        chosen_id: chosen_id.clone(),
                        key: Some(format!("product-{index}")),
                        details: first.clone(),
                        stock: goods.stock,
                    };
                    let meta = self.meta(&open);
                    async move {
                        let Some(products) = &open.services.products else { return Attempt::Again };
                        match create_product(products, &wanted, &meta).await {
                            Ok(product) => Attempt::Settled(Some(product)),
                            Err(CommandError::Refused(refusal)) => {
                                self.world.violation(format!("product {index} can't be repeated: {refusal}"));
                                Attempt::Settled(None)
                            }
                            Err(_) => Attempt::Again,
                        }
                    }
                },
            )
            .await?;
        self.world.list(index, product.clone());
        Some(product)
    }

    async fn add(&self, user: &UserId, product: &ProductId, key: &str, quantity: Quantity) {
        let addition = keyed_addition(user, key, product);
        self.ask(
            |services| services.stock_service.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some(stock_service) = &open.services.stock_service else { return Attempt::Again };
                    match add_stock(stock_service, product, addition, quantity, meta).await {
                        Ok(_) => Attempt::Settled(()),
                        Err(CommandError::Refused(AddRefusal::KeyReused)) => {
                            self.world.violation(format!("addition {addition} is taken for another"));
                            Attempt::Settled(())
                        }
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("{quantity} pieces of {product} were added"));
    }

    /// Gives a product other details, or takes it away.
    async fn change(&self, product: &ProductId, to: Option<&Details>) {
        self.ask(
            |services| services.products.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some(products) = &open.services.products else { return Attempt::Again };
                    // As a client does who has read it; whoever is late reads again.
                    let Ok(loaded) = products.load(&AggregateId::from(product)).await else { return Attempt::Again };
                    let read = Precondition::OneOf(vec![loaded.version]);
                    let changed = match to {
                        Some(details) => {
                            update_product(products, product, &read, &Change::to(details), &meta).await.is_ok()
                        }
                        None => delete_product(products, product, &read, &meta).await.is_ok(),
                    };
                    if changed { Attempt::Settled(()) } else { Attempt::Again }
                }
            },
        )
        .await;
    }
}

//! Somebody who buys one piece at a time.

use serde_json::Value;

use crate::shop::{Person, Shop, text};

/// A guest in a shop with one product.
pub struct Customer {
    /// The shop.
    pub shop: Shop,
    guest: Person,
    product: String,
    /// Every order so far.
    pub orders: Vec<String>,
}

impl Customer {
    /// Puts a product on sale and lets somebody in.
    pub async fn enter(shop: Shop) -> Self {
        let admin = shop.admin().await;
        let product = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 1000).await;
        let guest = shop.guest(None, "en").await;
        Self { shop, guest, product, orders: Vec::new() }
    }

    /// Orders one piece; answers the order's id.
    pub async fn orders_one(&mut self) -> String {
        let answer = self.shop.order(&self.guest, &[(&self.product, 1)]).await;
        let order = text(&answer.expect(202), "order_id");
        self.orders.push(order.clone());
        order
    }

    /// Waits until this order is paid; answers it.
    pub async fn has_paid(&self, order: &str) -> Value {
        self.shop.until_status(&self.guest, order, "paid").await
    }

    /// Waits until every order is paid.
    pub async fn has_paid_for_all(&self) {
        for order in &self.orders {
            self.has_paid(order).await;
        }
    }

    /// What this order's page says now.
    pub async fn looks_at(&self, order: &str) -> Value {
        self.shop.get(&format!("/orders/{order}"), Some(&self.guest)).await.body
    }
}

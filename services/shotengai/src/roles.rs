//! Which roles there are and how they are built.

use clap::Args;
use shotengai_runtime::{Context, Role};

use crate::cli::RoleChoice;

/// Every role, in the order in which they are built.
pub(crate) const ALL: [RoleChoice; 9] = [
    RoleChoice::Storefront,
    RoleChoice::Order,
    RoleChoice::Catalog,
    RoleChoice::Inventory,
    RoleChoice::Billing,
    RoleChoice::Notification,
    RoleChoice::Tally,
    RoleChoice::Query,
    RoleChoice::Bridge,
];

/// The settings that single roles have beside the shared ones.
#[derive(Args, Clone)]
pub(crate) struct RoleSettings {
    #[command(flatten, next_help_heading = "storefront")]
    storefront: shotengai_storefront::StorefrontSettings,
    #[command(flatten, next_help_heading = "order")]
    order: shotengai_order::OrderSettings,
    #[command(flatten, next_help_heading = "catalog")]
    catalog: shotengai_catalog::CatalogSettings,
    #[command(flatten, next_help_heading = "inventory")]
    inventory: shotengai_inventory::InventorySettings,
    #[command(flatten, next_help_heading = "billing")]
    billing: shotengai_billing::BillingSettings,
    #[command(flatten, next_help_heading = "notification")]
    notification: shotengai_notification::NotificationSettings,
    #[command(flatten, next_help_heading = "tally")]
    tally: shotengai_tally::TallySettings,
    #[command(flatten, next_help_heading = "query")]
    query: shotengai_query::QuerySettings,
    #[command(flatten, next_help_heading = "bridge")]
    bridge: shotengai_bridge::BridgeSettings,
}

/// The roles chosen, each once, in building order.
pub(crate) fn chosen(choices: &[RoleChoice]) -> Vec<RoleChoice> {
    let all = choices.contains(&RoleChoice::All);
    ALL.into_iter().filter(|role| all || choices.contains(role)).collect()
}

/// Their names, as the command line takes them.
pub(crate) fn names(chosen: &[RoleChoice]) -> Vec<&'static str> {
    chosen
        .iter()
        .map(|role| match role {
            RoleChoice::All => "all",
            RoleChoice::Storefront => "storefront",
            RoleChoice::Order => "order",
            RoleChoice::Catalog => "catalog",
            RoleChoice::Inventory => "inventory",
            RoleChoice::Billing => "billing",
            RoleChoice::Notification => "notification",
            RoleChoice::Tally => "tally",
            RoleChoice::Query => "query",
            RoleChoice::Bridge => "bridge",
        })
        .collect()
}

/// Builds one role.
pub(crate) async fn build(choice: RoleChoice, context: &Context, own: &RoleSettings) -> anyhow::Result<Role> {
    match choice {
        RoleChoice::All => anyhow::bail!("`all` is resolved before roles are built"),
        RoleChoice::Storefront => shotengai_storefront::build(context, own.storefront.clone()).await,
        RoleChoice::Order => shotengai_order::build(context, own.order.clone()).await,
        RoleChoice::Catalog => shotengai_catalog::build(context, own.catalog.clone()).await,
        RoleChoice::Inventory => shotengai_inventory::build(context, own.inventory.clone()).await,
        RoleChoice::Billing => shotengai_billing::build(context, own.billing.clone()).await,
        RoleChoice::Notification => shotengai_notification::build(context, own.notification.clone()).await,
        RoleChoice::Tally => shotengai_tally::build(context, own.tally.clone()).await,
        RoleChoice::Query => shotengai_query::build(context, own.query.clone()).await,
        RoleChoice::Bridge => shotengai_bridge::build(context, own.bridge.clone()).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_role_and_none_is_taken_twice() {
        assert_eq!(chosen(&[RoleChoice::All, RoleChoice::Order]).len(), ALL.len());
        let two = chosen(&[RoleChoice::Inventory, RoleChoice::Order, RoleChoice::Order]);
        assert!(two == [RoleChoice::Order, RoleChoice::Inventory]);
    }
}

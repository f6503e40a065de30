//! Services assembled over a shadow of the installation, so that dead letters are rehearsed by their own code.

use std::sync::Arc;

use shotengai_billing::BillingSettings;
use shotengai_contracts::topology::{QueueSpec, Service};
use shotengai_inventory::InventorySettings;
use shotengai_messaging::{Handler, Infrastructure};
use shotengai_ops::rehearse::Stage;
use shotengai_order::OrderSettings;
use shotengai_runtime::{Context, SharedSettings, Supply};
use shotengai_tally::TallySettings;

use crate::roles::RoleSettings;

/// The services that can be rehearsed: those that reach nothing but the installation. Notification sends mails, query writes to
/// PostgreSQL, and catalog's messages are no events.
pub(crate) struct Services {
    context: Context,
    order: OrderSettings,
    billing: BillingSettings,
    inventory: InventorySettings,
    tally: TallySettings,
}

impl Services {
    /// With the settings that they have in this process; of those that don't run here with their defaults.
    pub(crate) fn new(context: &Context, own: &RoleSettings) -> Self {
        Self {
            context: context.clone(),
            order: own.order.clone().unwrap_or_default(),
            billing: own.billing.clone().unwrap_or_default(),
            inventory: own.inventory.clone().unwrap_or_default(),
            tally: own.tally.clone().unwrap_or_default(),
        }
    }
}

impl Stage for Services {
    fn handler(&self, queue: &'static QueueSpec, over: Arc<dyn Infrastructure>) -> Option<Arc<dyn Handler>> {
        let shared = SharedSettings {
            currency: self.context.settings.currency,
            // Nothing waits for company that never comes.
            groups_commits: false,
            ..SharedSettings::default()
        };
        // Without neighbours: nobody else is asked.
        let supply = Supply::new(over, self.context.ports.clone()).with_settings(shared).rehearsing();
        let deps = supply.deps(queue.service);
        let role = match queue.service {
            Service::ORDER => shotengai_order::assemble(deps, &self.order).role,
            Service::INVENTORY => shotengai_inventory::assemble(deps, &self.inventory).role,
            Service::BILLING => shotengai_billing::assemble(deps, &self.billing).role,
            Service::TALLY => shotengai_tally::assemble(deps, &self.tally).role,
            _ => return None,
        };
        role.consumed(queue).map(|consumed| Arc::clone(&consumed.handler))
    }
}

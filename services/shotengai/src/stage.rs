//! Services assembled over a shadow of the installation, so that dead letters are rehearsed by their own code.

use std::sync::Arc;

use shotengai_billing::BillingSettings;
use shotengai_contracts::topology::{QueueSpec, Service};
use shotengai_inventory::InventorySettings;
use shotengai_messaging::shadow::Shadow;
use shotengai_messaging::{Handler, Infrastructure};
use shotengai_notification::NotificationSettings;
use shotengai_ops::rehearse::Stage;
use shotengai_order::OrderSettings;
use shotengai_runtime::{Context, SharedSettings, Supply};
use shotengai_tally::TallySettings;

use crate::roles::RoleSettings;

/// The services that can be rehearsed: those that reach nothing but the installation, and notification, whose mails are told of instead of
/// sent. Query writes to PostgreSQL, and catalog's messages are no events.
pub(crate) struct Services {
    context: Context,
    order: OrderSettings,
    billing: BillingSettings,
    inventory: InventorySettings,
    notification: NotificationSettings,
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
            notification: own.notification.clone().unwrap_or_default(),
            tally: own.tally.clone().unwrap_or_default(),
        }
    }
}

impl Stage for Services {
    fn handler(&self, queue: &'static QueueSpec, over: &Arc<Shadow>) -> Option<Arc<dyn Handler>> {
        let shared = SharedSettings {
            currency: self.context.settings.currency,
            // Nothing waits for company that never comes.
            groups_commits: false,
            ..SharedSettings::default()
        };
        let infra: Arc<dyn Infrastructure> = Arc::clone(over) as _;
        // Without neighbours: nobody else is asked.
        let supply = Supply::new(infra, self.context.ports.clone()).with_settings(shared).rehearsing();
        let deps = supply.deps(queue.service);
        let role = match queue.service {
            Service::ORDER => shotengai_order::assemble(deps, &self.order).role,
            Service::INVENTORY => shotengai_inventory::assemble(deps, &self.inventory).role,
            Service::BILLING => shotengai_billing::assemble(deps, &self.billing).role,
            Service::NOTIFICATION => {
                // But who is written to, and in which language: storefront alone knows.
                let deps = supply.with_neighbours(self.context.neighbours()).deps(queue.service);
                let shadow = Arc::clone(over);
                let tell = Arc::new(move |mail| shadow.sends(mail));
                let role = shotengai_notification::rehearsed(&self.context, deps, &self.notification, tell);
                role.inspect_err(|error| tracing::error!(%error, "mails can't be rehearsed")).ok()?
            }
            Service::TALLY => shotengai_tally::assemble(deps, &self.tally).role,
            _ => return None,
        };
        role.consumed(queue).map(|consumed| Arc::clone(&consumed.handler))
    }
}

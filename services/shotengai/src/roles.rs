//! Which roles there are and how they are built.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use shotengai_contracts::topology::{Installation, Service};
use shotengai_messaging::Reason;
use shotengai_metrics::Definition;
use shotengai_runtime::settings::{Setting, settings_of};
use shotengai_runtime::{Context, Faults, Role, SettingsGroup, SharedArgs};
#[cfg(feature = "dev")]
use {shotengai_gateway::Hosts, shotengai_storefront::web::Places};

use crate::added::{self, AddedSettings};
use crate::program::program;
use crate::stage::Services;

const ALL: &str = "all";
/// Who records what no single role does.
const EVERY_ROLE: &str = "every role";
/// Who reads streams.
const READERS: &str = "archiver, bridge, catalog";

/// A role as it is chosen on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Every role that is installed.
    All,
    /// This one.
    One(Service),
}

impl Choice {
    /// Reads `all` or a role's name; help and errors list them.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        let installation = installation();
        let names: Vec<_> = std::iter::once(ALL).chain(installation.services().map(Service::as_str)).collect();
        PossibleValuesParser::new(names).map(move |name| installation.service(&name).map_or(Self::All, Self::One))
    }
}

/// What is installed.
pub(crate) fn installation() -> Installation {
    program().installation.clone()
}

/// The settings that single roles have beside the shared ones, on the way in.
#[derive(Args, Clone)]
pub(crate) struct RoleArgs {
    #[command(flatten, next_help_heading = "storefront")]
    storefront: shotengai_storefront::StorefrontArgs,
    #[command(flatten, next_help_heading = "order")]
    order: shotengai_order::OrderArgs,
    #[command(flatten, next_help_heading = "catalog")]
    catalog: shotengai_catalog::CatalogArgs,
    #[command(flatten, next_help_heading = "inventory")]
    inventory: shotengai_inventory::InventoryArgs,
    #[command(flatten, next_help_heading = "billing")]
    billing: shotengai_billing::BillingArgs,
    #[command(flatten, next_help_heading = "notification")]
    notification: shotengai_notification::NotificationArgs,
    #[command(flatten, next_help_heading = "tally")]
    tally: shotengai_tally::TallyArgs,
    #[command(flatten, next_help_heading = "query")]
    query: shotengai_query::QueryArgs,
    #[command(flatten, next_help_heading = "bridge")]
    bridge: shotengai_bridge::BridgeArgs,
    #[command(flatten, next_help_heading = "ops")]
    ops: shotengai_ops::OpsArgs,
    #[command(flatten, next_help_heading = "archiver")]
    archiver: shotengai_archiver::ArchiverArgs,
}

/// The settings of the roles that run here.
#[derive(Default)]
pub(crate) struct RoleSettings {
    pub(crate) storefront: Option<shotengai_storefront::StorefrontSettings>,
    pub(crate) order: Option<shotengai_order::OrderSettings>,
    pub(crate) catalog: Option<shotengai_catalog::CatalogSettings>,
    pub(crate) inventory: Option<shotengai_inventory::InventorySettings>,
    pub(crate) billing: Option<shotengai_billing::BillingSettings>,
    pub(crate) notification: Option<shotengai_notification::NotificationSettings>,
    pub(crate) tally: Option<shotengai_tally::TallySettings>,
    pub(crate) query: Option<shotengai_query::QuerySettings>,
    pub(crate) bridge: Option<shotengai_bridge::BridgeSettings>,
    pub(crate) ops: Option<shotengai_ops::OpsSettings>,
    pub(crate) archiver: Option<shotengai_archiver::ArchiverSettings>,
    pub(crate) added: AddedSettings,
}

impl RoleArgs {
    /// The same, for a developer's street with these places to look at, to which browsers come by these names.
    #[cfg(feature = "dev")]
    pub(crate) fn of_a_developer(mut self, places: Places, hosts: Hosts) -> Self {
        self.storefront = self.storefront.of_a_developer(places, hosts);
        self
    }

    /// Checks the settings of these roles alone: what others of them would need is nobody's business here.
    pub(crate) fn check(self, chosen: &[Service], faults: &mut Faults) -> RoleSettings {
        let mut checked = RoleSettings::default();
        let is_chosen = |role| chosen.contains(&role);
        if is_chosen(Service::STOREFRONT) {
            checked.storefront = self.storefront.check(faults);
        }
        if is_chosen(Service::ORDER) {
            checked.order = self.order.check(faults);
        }
        if is_chosen(Service::CATALOG) {
            checked.catalog = self.catalog.check(faults);
        }
        if is_chosen(Service::INVENTORY) {
            checked.inventory = self.inventory.check(faults);
        }
        if is_chosen(Service::BILLING) {
            checked.billing = self.billing.check(faults);
        }
        if is_chosen(Service::NOTIFICATION) {
            checked.notification = self.notification.check(faults);
        }
        if is_chosen(Service::TALLY) {
            checked.tally = self.tally.check(faults);
        }
        if is_chosen(Service::QUERY) {
            checked.query = self.query.check(faults);
        }
        if is_chosen(Service::BRIDGE) {
            checked.bridge = self.bridge.check(faults);
        }
        if is_chosen(Service::OPS) {
            checked.ops = self.ops.check(faults);
        }
        if is_chosen(Service::ARCHIVER) {
            checked.archiver = self.archiver.check(faults);
        }
        checked
    }
}

/// What settings each role has of its own.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, Vec<Setting>)> {
    platform_settings().into_iter().chain(added::settings())
}

/// The names of the platform's settings, shared ones included.
pub(crate) fn platform_setting_names() -> impl Iterator<Item = String> {
    let own = platform_settings().into_iter().flat_map(|(_, settings)| settings);
    settings_of::<SharedArgs>().into_iter().chain(own).map(|setting| setting.name)
}

fn platform_settings() -> [(&'static str, Vec<Setting>); 11] {
    [
        (Service::STOREFRONT.as_str(), settings_of::<shotengai_storefront::StorefrontArgs>()),
        (Service::ORDER.as_str(), settings_of::<shotengai_order::OrderArgs>()),
        (Service::CATALOG.as_str(), settings_of::<shotengai_catalog::CatalogArgs>()),
        (Service::INVENTORY.as_str(), settings_of::<shotengai_inventory::InventoryArgs>()),
        (Service::BILLING.as_str(), settings_of::<shotengai_billing::BillingArgs>()),
        (Service::NOTIFICATION.as_str(), settings_of::<shotengai_notification::NotificationArgs>()),
        (Service::TALLY.as_str(), settings_of::<shotengai_tally::TallyArgs>()),
        (Service::QUERY.as_str(), settings_of::<shotengai_query::QueryArgs>()),
        (Service::BRIDGE.as_str(), settings_of::<shotengai_bridge::BridgeArgs>()),
        (Service::OPS.as_str(), settings_of::<shotengai_ops::OpsArgs>()),
        (Service::ARCHIVER.as_str(), settings_of::<shotengai_archiver::ArchiverArgs>()),
    ]
}

/// Every figure at `/metrics`, by who records it.
pub(crate) fn metrics() -> impl Iterator<Item = (&'static str, &'static [&'static Definition])> {
    let own: [(&str, &[&Definition]); 14] = [
        (EVERY_ROLE, &shotengai_runtime::metrics::DEFINITIONS),
        (EVERY_ROLE, &shotengai_messaging::metrics::DEFINITIONS),
        (EVERY_ROLE, &shotengai_aws::metrics::DEFINITIONS),
        (Service::STOREFRONT.as_str(), &shotengai_gateway::metrics::DEFINITIONS),
        (Service::ORDER.as_str(), &shotengai_order::metrics::DEFINITIONS),
        (Service::CATALOG.as_str(), &shotengai_catalog::metrics::DEFINITIONS),
        (Service::INVENTORY.as_str(), &shotengai_inventory::metrics::DEFINITIONS),
        (Service::BILLING.as_str(), &shotengai_billing::metrics::DEFINITIONS),
        (Service::NOTIFICATION.as_str(), &shotengai_notification::metrics::DEFINITIONS),
        (Service::QUERY.as_str(), &shotengai_query::metrics::DEFINITIONS),
        (Service::BRIDGE.as_str(), &shotengai_bridge::metrics::DEFINITIONS),
        (Service::OPS.as_str(), &shotengai_ops::metrics::DEFINITIONS),
        (Service::ARCHIVER.as_str(), &shotengai_archiver::metrics::DEFINITIONS),
        (READERS, &shotengai_streaming::metrics::DEFINITIONS),
    ];
    own.into_iter().chain(added::metrics())
}

/// The reasons for dead letters that single services have, beside those of every consumer.
pub(crate) fn reasons() -> impl Iterator<Item = (&'static str, &'static [Reason])> {
    let own: [(&str, &[Reason]); 6] = [
        (Service::ORDER.as_str(), &shotengai_order::reasons::REASONS),
        (Service::CATALOG.as_str(), &shotengai_catalog::reasons::REASONS),
        (Service::INVENTORY.as_str(), &shotengai_inventory::reasons::REASONS),
        (Service::NOTIFICATION.as_str(), &shotengai_notification::reasons::REASONS),
        (Service::TALLY.as_str(), &shotengai_tally::reasons::REASONS),
        (Service::BRIDGE.as_str(), &shotengai_bridge::reasons::REASONS),
    ];
    own.into_iter().chain(added::reasons())
}

/// The roles chosen, each once, in building order.
pub(crate) fn chosen(choices: &[Choice]) -> Vec<Service> {
    let all = choices.contains(&Choice::All);
    installation().services().filter(|service| all || choices.contains(&Choice::One(*service))).collect()
}

/// Builds one role.
pub(crate) async fn build(service: Service, context: &Context, own: &RoleSettings) -> anyhow::Result<Role> {
    match service {
        Service::STOREFRONT => shotengai_storefront::build(context, checked(own.storefront.as_ref())?).await,
        Service::ORDER => Ok(shotengai_order::assemble(context.deps(service), checked(own.order.as_ref())?).role),
        Service::CATALOG => Ok(shotengai_catalog::assemble(context.deps(service), checked(own.catalog.as_ref())?).role),
        Service::INVENTORY => {
            Ok(shotengai_inventory::assemble(context.deps(service), checked(own.inventory.as_ref())?).role)
        }
        Service::BILLING => Ok(shotengai_billing::assemble(context.deps(service), checked(own.billing.as_ref())?).role),
        Service::NOTIFICATION => shotengai_notification::build(context, checked(own.notification.as_ref())?),
        Service::TALLY => Ok(shotengai_tally::assemble(context.deps(service), checked(own.tally.as_ref())?).role),
        Service::QUERY => shotengai_query::build(context, checked(own.query.as_ref())?),
        Service::BRIDGE => {
            Ok(shotengai_bridge::assemble(context.deps(service), checked(own.bridge.as_ref())?.shards()))
        }
        Service::OPS => Ok(shotengai_ops::build(context, checked(own.ops.as_ref())?, operated(context, own))),
        Service::ARCHIVER => Ok(shotengai_archiver::assemble(context.deps(service), checked(own.archiver.as_ref())?)),
        other => own.added.build(other, context),
    }
}

/// What ops is told of this program.
fn operated(context: &Context, own: &RoleSettings) -> shotengai_ops::Program {
    shotengai_ops::Program {
        installation: installation(),
        reasons: reasons().flat_map(|(_, reasons)| reasons.iter().copied()).collect(),
        lease_group: shotengai_bridge::lease_group,
        events,
        stage: Arc::new(Services::new(context, own)),
    }
}

/// The texts of the events in a record of the stream, as the bridge reads them.
fn events(record: &[u8]) -> Vec<String> {
    shotengai_bridge::change::parts(record).into_iter().flatten().map(|event| event.body).collect()
}

fn checked<T>(settings: Option<&T>) -> anyhow::Result<&T> {
    settings.context("settings are checked before roles are built")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_role_and_none_is_taken_twice() {
        let order = Choice::One(Service::ORDER);
        assert_eq!(chosen(&[Choice::All, order]).len(), installation().services().count());
        assert_eq!(chosen(&[Choice::One(Service::INVENTORY), order, order]), [Service::ORDER, Service::INVENTORY]);
    }
}

//! Who uses what: which process runs a role, and which calls a role's consumers make.

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{SHOTENGAI, Service, dead_letters_of, tables};

use crate::process::PROCESSES;

/// Whether a process runs a role.
pub(crate) fn runs(process: usize, role: Service) -> bool {
    PROCESSES.get(process).is_some_and(|(_, roles)| roles.contains(&role))
}

/// Whether a role needs something for what it consumes.
pub(crate) fn is_used_by(role: Service, resource: &str) -> bool {
    let owned = SHOTENGAI.service(resource) == Some(role)
        || resource == role.as_str()
        || SHOTENGAI.tables.iter().any(|table| table.service == role && table.name == resource);
    let queue = SHOTENGAI
        .consumed_queues()
        .any(|queue| queue.service == role && (queue.name == resource || dead_letters_of(queue.name) == resource));
    owned || queue || (role == Service::BILLING && resource == tables::PAYMENT_INTENTS.name)
}

/// Whether a fault of a call on this may keep a role's consumers from being done with a message: as above, and what they
/// ask of others.
pub(crate) fn may_keep(role: Service, resource: &str) -> bool {
    let asks = match role {
        // Addresses, mails by their Message-ID, claims by their rows, the relay's probe.
        Service::NOTIFICATION => {
            ["contacts", "mail"].contains(&resource)
                || resource.starts_with('<')
                || resource.split_once('/').is_some_and(|(table, _)| table == tables::NOTIFICATION_CLAIMS.name)
        }
        // Catalog, behind a gap between a product's prices.
        Service::ORDER => resource == "products",
        // Read models, and the histories behind a gap.
        Service::QUERY => {
            ["rows", "products", "stock", "orders", "payments", "carts"].contains(&resource)
                || Owner::ALL.iter().any(|owner| owner.as_str() == resource)
        }
        _ => false,
    };
    asks || is_used_by(role, resource)
}

//! Denials: what the installation does not let a service do for a while, though it reads as before and every probe of it is
//! well.

use shotengai_contracts::topology::{SHOTENGAI, Service};

/// Something that is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// All that a service writes: its events, its rows, its read models.
    Writes(Service),
    /// To publish to the topic.
    Publishing,
}

/// Those that can be denied something.
const WRITERS: [Service; 8] = [
    Service::ORDER,
    Service::CATALOG,
    Service::INVENTORY,
    Service::BILLING,
    Service::NOTIFICATION,
    Service::TALLY,
    Service::QUERY,
    Service::BRIDGE,
];

impl Denial {
    /// How many there are.
    pub const COUNT: usize = WRITERS.len() + 1;

    /// The denial of this number.
    #[must_use]
    pub fn of(number: usize) -> Self {
        WRITERS.get(number).map_or(Self::Publishing, |service| Self::Writes(*service))
    }

    /// Whether a call is denied by it.
    #[must_use]
    pub fn concerns(self, operation: &str, resource: &str) -> bool {
        match self {
            Self::Publishing => operation == "topic.publish",
            Self::Writes(service) => writer(operation, resource) == Some(service),
        }
    }
}

/// The service that writes something by this call.
fn writer(operation: &str, resource: &str) -> Option<Service> {
    match operation {
        "store.append" | "store.save_snapshot" | "store.clear_pending" => SHOTENGAI.service(resource),
        "table.put" | "table.delete" | "table.transact" => {
            // Claims of mails are called by their rows.
            let table = resource.split('/').next();
            SHOTENGAI.tables.iter().find(|spec| Some(spec.name) == table).map(|spec| spec.service)
        }
        "postgres.write" => Some(Service::QUERY),
        _ => None,
    }
}

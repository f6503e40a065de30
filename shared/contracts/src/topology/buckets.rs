//! Buckets: whose each is, and which objects of it a queue hears of.

use super::{QueueSpec, Service, queues};

/// A bucket of objects. Nobody reads it without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name, unless the installation chose another: a bucket's name is the only one in the world.
    pub name: &'static str,
    /// The only service that writes it.
    pub service: Service,
    /// What that service does with its objects.
    pub uses: BucketUse,
    /// Objects that are told of as soon as they are there, and where.
    pub tells: Option<Tells>,
}

/// What a bucket's service does with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketUse {
    /// It puts, reads and deletes them.
    All,
    /// It puts them, and can't read or delete what is there.
    Put,
}

/// Notifications of a bucket to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tells {
    /// The queue.
    pub queue: &'static QueueSpec,
    /// How the keys begin.
    pub prefix: &'static str,
}

/// Products' images: what was uploaded, and what was made of it.
pub const PRODUCT_IMAGES: BucketSpec = BucketSpec {
    name: "product-images",
    service: Service::CATALOG,
    uses: BucketUse::All,
    tells: Some(Tells { queue: &queues::PRODUCT_IMAGES, prefix: "uploads/" }),
};
/// The archive of all events, where an installation has one (`ARCHIVE=on`).
pub const EVENT_ARCHIVE: BucketSpec =
    BucketSpec { name: "event-archive", service: Service::ARCHIVER, uses: BucketUse::Put, tells: None };

//! Buckets: whose each is, and which objects of it a queue hears of.

use super::{QueueSpec, Service, queues};

/// A bucket of objects. Nobody reads it without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSpec {
    /// Its name, unless the installation chose another: a bucket's name is the only one in the world.
    pub name: &'static str,
    /// The only service that writes it.
    pub service: Service,
    /// Objects that are told of as soon as they are there, and where.
    pub tells: Tells,
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
    tells: Tells { queue: &queues::PRODUCT_IMAGES, prefix: "uploads/" },
};

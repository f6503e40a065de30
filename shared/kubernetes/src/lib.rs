//! The leases port as Kubernetes objects: `coordination.k8s.io/v1` Leases, and an Event when one changes hands.
//!
//! - [`cluster`]: how the API server is found and which namespace is used.
//! - [`leases`]: the port; every write names the object's uid and `resourceVersion`.
//! - `names`, `object`: how a lease is called and what stands in its object.
//! - `fault`: what the API server's errors mean to a caller.
//! - `report`: Events, best effort.
//!
//! A service account needs, in its namespace: `leases.coordination.k8s.io`: `get`, `list`, `create`, `update`, `delete`;
//! `events.events.k8s.io`: `create`. Without the last, leases work and a warning says once what is missing.

pub mod cluster;
mod fault;
pub mod leases;
mod names;
mod object;
mod report;

pub use cluster::{Cluster, ClusterError};
pub use leases::KubernetesLeases;

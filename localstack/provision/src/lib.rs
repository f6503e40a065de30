//! The street's AWS resources in one table, and the idempotent provisioner.

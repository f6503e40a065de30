//! Shards, leases and checkpoints over the memory adapters, in paused time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod hints;
mod lease_sharing;
mod lease_trouble;
mod push;
mod retention;
mod shard;
mod shard_ends;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_testing::harness::{Faults, Running, paused_ports, until, until_found};
use shotengai_testing::memory::{FaultInjector, MemoryConfig, MemoryInfrastructure, StreamConfig};

const SECOND: Duration = Duration::from_secs(1);

/// An installation with faults to inject.
struct Street {
    ports: Ports,
    faults: Arc<Faults>,
    infra: MemoryInfrastructure,
}

impl Street {
    fn new() -> Self {
        Self::with_shards(2)
    }

    fn with_shards(shards: u64) -> Self {
        Self::with_stream(StreamConfig { shards, ..StreamConfig::default() })
    }

    fn with_stream(stream: StreamConfig) -> Self {
        let ports = paused_ports(5);
        let faults = Arc::new(Faults::default());
        let config =
            MemoryConfig { faults: Arc::clone(&faults) as Arc<dyn FaultInjector>, stream, ..MemoryConfig::default() };
        Self { infra: MemoryInfrastructure::with(ports.clone(), config), ports, faults }
    }
}

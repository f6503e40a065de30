//! The memory adapters: they keep the contracts, refuse what AWS refuses, and break as they are told.

mod behaviour;
mod contract;
mod limits;
mod retention;

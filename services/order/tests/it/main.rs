//! Order against adapters in memory.

mod asking_catalog;
mod http;
mod placing;
mod pricing;
mod saga;
mod shop;
mod support;

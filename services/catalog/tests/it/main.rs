//! Catalog behind its HTTP routes, over adapters in memory.

mod http;
mod shop;

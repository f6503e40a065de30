//! What every role shares at run time. A role is a library; this crate turns roles into a process.
//!
//! - [`settings`]: shared settings by concern, checked whole, all faults named at once, secrets that don't print.
//! - [`telemetry`]: logs, traces (W3C context always; OTLP where an endpoint is set) and Prometheus metrics.
//! - [`http`]: routes that roles share, RFC 9457 problems, extractors for bodies, callers and ids.
//! - [`auth`]: access tokens: issued by one role, checked by all from its published keys.
//! - [`health`]: liveness, a readiness latch, dependency checks, `/metrics`.
//! - [`context`]: a process's adapters and settings.
//! - [`deps`]: what one role is assembled from; what it takes brings its probe, check and workers along.
//! - [`derived`]: secrets of one purpose each, and what is hashed or sealed with them.
//! - [`direct_http`]: HTTP clients that no proxy of the environment stands between.
//! - [`metrics`]: the figures that every process has.
//! - [`neighbours`]: calls to other services.
//! - [`order_links`]: signed links to an order, as mails have them.
//! - [`pseudonyms`]: what stands for personal data in tables where only its sameness counts.
//! - [`role`]: what a role hands back: routes, consumers, workers, checks.
//! - [`tls`]: whom clients trust outside the installation.
//! - [`supervisor`]: runs them, restarts what falls, and ends in the right order.

pub mod auth;
pub mod context;
pub mod deps;
pub mod derived;
mod direct_http;
pub mod health;
pub mod http;
pub mod metrics;
pub mod neighbours;
pub mod order_links;
mod postgres;
pub mod pseudonyms;
pub mod role;
pub mod settings;
pub mod supervisor;
pub mod telemetry;
pub mod tls;

pub use auth::{AccountRole, Claims, Subject, TokenIssuer, TokenVerifier};
pub use context::Context;
pub use deps::{Decorator, Deps, SharedSettings, Supply};
pub use derived::{KeyedHash, Seal};
pub use direct_http::direct_http;
pub use health::Check;
pub use http::{AdminCaller, Caller, Gate, InternalCaller, JsonBody, PathId, Problem, RequestMeta, Routes};
pub use neighbours::{InternalAnswer, InternalCall, Neighbour, Neighbours};
pub use order_links::OrderLinks;
pub use postgres::{pool as postgres_pool, pool_renewed_after as postgres_pool_renewed_after};
pub use pseudonyms::Pseudonyms;
pub use role::{Consuming, Role};
pub use settings::{DatabaseSettings, Faults, LeaseStore, Publish, Settings, SettingsError, SettingsGroup, SharedArgs};
pub use supervisor::{App, shutdown_on_signals};
pub use telemetry::Telemetry;

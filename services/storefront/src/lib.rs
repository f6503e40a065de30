//! The storefront role: accounts and the one door.
//!
//! - [`domain`]: accounts, addresses that don't print, languages; pure.
//! - [`accounts`]: everybody's; [`users`] in their table, the [`administrator`] in the configuration.
//! - [`guest`]: opens a guest's account. [`passwords`]: checks that take their time, two at once.
//! - [`tokens`], [`http`]: what is handed out, and how it is asked for.
//! - [`door`]: what everything public passes, and the way to the other roles.

pub mod accounts;
pub mod administrator;
pub mod config;
pub mod domain;
pub mod door;
pub mod guest;
pub mod http;
pub mod passwords;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use actix_web::web;
use anyhow::Context as _;
use shotengai_contracts::topology::{Service, tables};
use shotengai_runtime::{Context, Deps, Role, TokenIssuer};

use accounts::Accounts;
use administrator::Administrator;
pub use config::{DEVELOPERS_PASSWORD, StorefrontSettings};
use door::Door;
use door::gate::FrontGate;
use door::limits::Limit;
use http::AccountDesk;
use users::Users;

/// What the role is made of beside its table.
pub struct Frontage {
    /// Signs access tokens.
    pub tokens: TokenIssuer,
    /// The one in the configuration.
    pub administrator: Administrator,
    /// The way to the other roles.
    pub door: Arc<Door>,
    /// What everything public passes.
    pub gate: FrontGate,
}

/// Assembles the role from its settings.
///
/// # Errors
/// When there is no signing key, or the administrator's settings don't fit together; names the settings.
pub async fn build(context: &Context, settings: &StorefrontSettings) -> anyhow::Result<Role> {
    let key = context.settings.jwt_signing_key.as_ref();
    let key = key.context("storefront signs access tokens: set JWT_SIGNING_KEY or JWT_SIGNING_KEY_FILE")?;
    let tokens = TokenIssuer::new(key, &context.settings.jwt_issuer, Arc::clone(&context.ports.clock))
        .context("JWT_SIGNING_KEY")?;
    let administrator = Administrator::new(settings).await?;
    if !administrator.is_configured() {
        tracing::warn!("ADMIN_EMAIL is not set: nobody can sign in as administrator");
    }
    let checked = settings.door.check()?;
    let door = Door::new(context, &checked)?;
    let gate = FrontGate {
        tokens: Arc::clone(&context.tokens),
        trust: checked.trust,
        calls: Limit::per_second(settings.door.rate_limit_per_second, settings.door.rate_limit_burst),
        sign_ins: Limit::per_minute(settings.door.sign_in_limit_per_minute),
        origins: checked.origins,
        transport: checked.transport,
    };
    Ok(assemble(context.deps(Service::STOREFRONT), Frontage { tokens, administrator, door, gate }))
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, frontage: Frontage) -> Role {
    let Frontage { tokens, administrator, door, gate } = frontage;
    let accounts = Accounts { administrator, users: Users::new(deps.table(&tables::USERS)) };
    let desk = web::Data::new(AccountDesk { accounts, tokens, ports: deps.ports().clone() });
    let role = Role::new(deps).worker(door.worker()).gate(Arc::new(gate));
    door.checks().fold(role, Role::check).routes(move |routes| {
        http::register(routes, desk.clone());
        door.register(routes);
    })
}

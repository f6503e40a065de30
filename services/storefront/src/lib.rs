//! Storefront role: accounts, the web page, and the one door.
//!
//! - [`domain`]: accounts, addresses that don't print, languages; pure.
//! - [`accounts`]: everybody's; [`users`] in their table, the [`administrator`] in the configuration.
//! - [`guest`]: opens a guest's account. [`passwords`]: checks that take their time, two at once.
//! - [`tokens`], [`http`]: what is handed out, and how it is asked for. [`page`]: the web page.
//!
//! What everything public passes, and the way to the other roles, is `shotengai-gateway`; here it is put to work.

pub mod accounts;
pub mod administrator;
pub mod config;
pub mod domain;
pub mod guest;
pub mod http;
pub mod page;
pub mod passwords;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use actix_web::web;
use anyhow::Context as _;
use shotengai_contracts::topology::{Service, tables};
use shotengai_gateway::{Door, FrontGate};
use shotengai_runtime::{Context, Deps, Role, TokenIssuer};

use accounts::Accounts;
use administrator::Administrator;
pub use config::{DEVELOPERS_PASSWORD, StorefrontArgs, StorefrontSettings};
use http::AccountDesk;
use page::Places;
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
    /// What the page links to.
    pub places: Places,
}

/// Assembles the role from its settings.
///
/// # Errors
/// When the key can't sign, a password can't be hashed, or a neighbour's address can't be used.
pub async fn build(context: &Context, settings: &StorefrontSettings) -> anyhow::Result<Role> {
    let clock = Arc::clone(&context.ports.clock);
    let tokens =
        TokenIssuer::new(&settings.signing_key, &context.settings.auth.issuer, clock).context("JWT_SIGNING_KEY")?;
    let administrator = Administrator::new(settings.administrator.as_ref()).await?;
    if !administrator.is_configured() {
        tracing::warn!("ADMIN_EMAIL is not set: nobody can sign in as administrator");
    }
    let door = Door::new(context, &settings.door)?;
    let gate = FrontGate::new(context.interface.clone(), Arc::clone(&context.tokens), &settings.door);
    Ok(assemble(
        context.deps(Service::STOREFRONT),
        Frontage { tokens, administrator, door, gate, places: settings.places.clone() },
    ))
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, frontage: Frontage) -> Role {
    let Frontage { tokens, administrator, door, gate, places } = frontage;
    let accounts = Accounts { administrator, users: Users::new(deps.table(&tables::USERS)) };
    let desk = web::Data::new(AccountDesk { accounts, tokens, ports: deps.ports().clone() });
    let page: Arc<str> = page::page(&places).into();
    let role = Role::new(deps).worker(door.worker("storefront/tunnels")).gate(Arc::new(gate));
    door.checks().fold(role, Role::check).routes(move |routes| {
        http::register(routes, desk.clone());
        page::register(routes, &page);
        door.register(routes);
    })
}

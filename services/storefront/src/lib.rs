//! The storefront role: accounts and the one door.
//!
//! - [`domain`]: accounts, addresses that don't print, languages; pure.
//! - [`accounts`]: everybody's; [`users`] in their table, the [`administrator`] in the configuration.
//! - [`guest`]: opens a guest's account. [`passwords`]: checks that take their time, two at once.
//! - [`tokens`], [`http`]: what is handed out, and how it is asked for.

pub mod accounts;
pub mod administrator;
pub mod config;
pub mod domain;
pub mod guest;
pub mod http;
pub mod passwords;
pub mod tokens;
pub mod users;

use std::sync::Arc;

use actix_web::web;
use anyhow::Context as _;
use shotengai_runtime::{Check, Context, Role, TokenIssuer};

use accounts::Accounts;
use administrator::Administrator;
pub use config::StorefrontSettings;
use http::Door;
use users::Users;

const TABLE: &str = "users";

/// Builds the role.
///
/// # Errors
/// When there is no signing key, or the administrator's settings don't fit together; names the settings.
pub async fn build(context: &Context, settings: StorefrontSettings) -> anyhow::Result<Role> {
    let key = context.settings.jwt_signing_key.as_ref();
    let key = key.context("storefront signs access tokens: set JWT_SIGNING_KEY or JWT_SIGNING_KEY_FILE")?;
    let tokens = TokenIssuer::new(key, &context.settings.jwt_issuer, Arc::clone(&context.ports.clock))
        .context("JWT_SIGNING_KEY")?;
    let administrator = Administrator::new(&settings).await?;
    if !administrator.is_configured() {
        tracing::warn!("ADMIN_EMAIL is not set: nobody can sign in as administrator");
    }
    let users = Users::new(context.infra.table(TABLE));
    let accounts = Accounts { administrator, users: users.clone() };
    let door = web::Data::new(Door { accounts, tokens, ports: context.ports.clone() });
    let kept = Check::new("users", move || {
        let users = users.clone();
        async move { users.ping().await.map_err(|fault| fault.to_string()) }
    });
    Ok(Role::new("storefront").routes(move |routes| http::register(routes, door.clone())).check(kept))
}

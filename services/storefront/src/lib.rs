//! Storefront role: accounts, the web page, and the one door.
//!
//! - [`domain`]: accounts, addresses that don't print, languages; pure.
//! - [`accounts`]: everybody's; [`users`] in their table, the [`administrator`] in the configuration.
//! - [`guest`]: opens a guest's account. [`registration`]: registers one with an address and a password.
//! - [`passwords`]: hashes and checks that take their time, two at once. [`even`]: answers whose time tells nothing.
//! - [`sessions`]: refresh tokens, by which access tokens are renewed. [`guessing`]: who fails to sign in too often waits.
//! - [`oidc`]: access tokens of another issuer.
//! - [`tokens`], [`http`]: what is handed out, and how it is asked for. [`web`]: the web pages.
//!
//! What everything public passes, and the way to the other roles, is `shotengai-gateway`; here it is put to work.

pub mod accounts;
pub mod administrator;
pub mod config;
pub mod domain;
pub mod even;
pub mod guessing;
pub mod guest;
pub mod http;
pub mod oidc;
pub mod passwords;
pub mod registration;
pub mod sessions;
pub mod tokens;
pub mod users;
pub mod web;

use std::sync::Arc;

use actix_web::web::Data;
use anyhow::Context as _;
use secrecy::SecretString;
use shotengai_contracts::topology::{Service, tables};
use shotengai_gateway::exchange::TokenExchange;
use shotengai_gateway::{Door, FrontGate};
use shotengai_kernel::Clock;
use shotengai_runtime::{Context, Deps, KeyedHash, Role, Seal, TokenIssuer};

use accounts::Accounts;
use administrator::Administrator;
use config::OidcSettings;
pub use config::{DEVELOPERS_PASSWORD, StorefrontArgs, StorefrontSettings};
use guessing::Guessing;
use http::AccountDesk;
use oidc::Exchange;
use passwords::{Hashed, Passwords, Salt};
use sessions::Sessions;
use users::Users;
use web::Pages;

/// What the role is made of beside its table.
pub struct Frontage {
    /// Signs access tokens.
    pub tokens: Arc<TokenIssuer>,
    /// Checks access tokens of another issuer, of this name.
    pub other: Option<(String, oidc::Verifier)>,
    /// The one in the configuration.
    pub administrator: Administrator,
    /// The right to spend time on passwords.
    pub passwords: Passwords,
    /// Checked where nobody has an address.
    pub nobodys: Hashed,
    /// Hides addresses in the cursors of pages.
    pub seal: Seal,
    /// Out of which the hashes of sessions and devices are derived.
    pub secret: SecretString,
    /// The way to the other roles.
    pub door: Arc<Door>,
    /// What everything public passes.
    pub gate: FrontGate,
    /// The web pages.
    pages: Pages,
}

/// Assembles the role from its settings.
///
/// # Errors
/// When the key can't sign, a password can't be hashed, or a neighbour's address can't be used.
pub async fn build(context: &Context, settings: &StorefrontSettings) -> anyhow::Result<Role> {
    let clock = Arc::clone(&context.ports.clock);
    let tokens = TokenIssuer::new(&settings.signing_key, &context.settings.auth.issuer, Arc::clone(&clock))
        .context("JWT_SIGNING_KEY")?;
    let other = settings.oidc.clone().map(|oidc| other(oidc, clock)).transpose()?;
    // Or tokens of our own would be taken for that issuer's, and be good for nobody.
    let ours = &context.settings.auth.issuer;
    anyhow::ensure!(other.as_ref().is_none_or(|(name, _)| name != ours), "OIDC_ISSUER must not be JWT_ISSUER");
    let secret = &context.settings.auth.internal_token;
    let passwords = Passwords::default();
    let nobodys = passwords.hash("nobody".into()).await?;
    let administrator = Administrator::new(settings.administrator.as_ref(), &passwords, salt(secret)).await?;
    let may_administrate = settings.oidc.as_ref().is_some_and(|oidc| oidc.admin_role.is_some());
    if !administrator.is_configured() && !may_administrate {
        tracing::warn!("ADMIN_EMAIL is not set: nobody can sign in as administrator");
    }
    let door = Door::new(context, &settings.door)?;
    let gate = FrontGate::new(context.interface.clone(), Arc::clone(&context.tokens), &settings.door);
    let seal = Seal::new(secret, b"shotengai/customers-cursor/v1")?;
    let pages = Pages::new(&settings.places, context);
    let secret = secret.clone();
    let frontage = Frontage {
        tokens: Arc::new(tokens),
        other,
        administrator,
        passwords,
        nobodys,
        seal,
        secret,
        door,
        gate,
        pages,
    };
    Ok(assemble(context.deps(Service::STOREFRONT), frontage))
}

/// Another issuer, and what checks its tokens.
fn other(settings: OidcSettings, clock: Arc<dyn Clock>) -> anyhow::Result<(String, oidc::Verifier)> {
    let issuer = settings.issuer.clone();
    let endpoint = oidc::discovery::Discovery::new(&issuer, settings.ca_file.as_deref())?;
    Ok((issuer, oidc::Verifier::new(settings, Box::new(endpoint), clock)))
}

/// The salt of the administrator's password, where it is told in plain.
fn salt(secret: &SecretString) -> Salt {
    let hash = KeyedHash::new(secret, b"shotengai/administrator-salt/v1").of(&[]);
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

/// Assembles the role.
#[must_use]
pub fn assemble(mut deps: Deps, frontage: Frontage) -> Role {
    let Frontage { tokens, other, administrator, passwords, nobodys, seal, secret, door, mut gate, pages } = frontage;
    let (table, ports) = (deps.grouped_table(&tables::USERS), deps.ports().clone());
    let hashes = |purpose: &[u8]| KeyedHash::new(&secret, purpose);
    let marks = hashes(b"shotengai/session-password/v1");
    let users = Users::new(Arc::clone(&table));
    let contacts = Users::new(deps.patiently(&tables::USERS, &table));
    gate.exchange = other.map(|(issuer, verifier)| {
        let marks = hashes(b"shotengai/exchanged-token/v1");
        let exchange = Exchange::new(verifier, &issuer, users.clone(), Arc::clone(&tokens), marks, ports.clone());
        Arc::new(exchange) as Arc<dyn TokenExchange>
    });
    let accounts = Accounts { administrator, users, contacts, passwords, nobodys, marks };
    let (kept, next) = (hashes(b"shotengai/refresh-token/v1"), hashes(b"shotengai/refresh-token-successor/v1"));
    let sessions = Sessions::new(table, ports.clone(), kept, next);
    let guessing = Guessing::new(hashes(b"shotengai/guesses/v1"), ports.clone());
    let desk = Data::new(AccountDesk { accounts, sessions, guessing, tokens, seal, ports });
    let pages = Arc::new(pages);
    let role = Role::new(deps).worker(door.worker("storefront/tunnels")).gate(Arc::new(gate));
    door.checks().fold(role, Role::check).routes(move |routes| {
        http::register(routes, desk.clone());
        web::register(routes, &pages);
        door.register(routes);
    })
}

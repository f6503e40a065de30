//! Connections to PostgreSQL, with TLS as `sslmode` in `DATABASE_URL` asks for.
//!
//! Where TLS is spoken the server's certificate and name are always verified, also with `sslmode=require`, where libpq
//! would verify nothing: a password must not go to whoever answers. The certificates to trust are the system's, or
//! those of `DATABASE_CA_FILE` alone, such as a cloud database's own.
//!
//! A session has an end of life: after a failover that nobody told us of, or a change of the name's address, each is with
//! the new server within that time. One whose server is silent is found by the system's keep-alives.
//!
//! A statement that was given up ends with its session, if the server notices that nobody is there any more: it is asked to
//! look (PostgreSQL 14 and later, on most systems). No cancel request is sent: PgBouncer 1.18 ends altogether by one from a
//! client that doesn't wait for the connection's end.

use std::time::Duration;

use anyhow::{Context as _, bail};
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::ClientConfig;
use secrecy::ExposeSecret;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::settings::DatabaseSettings;
use crate::tls::client_config;

const CONNECTIONS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(2);
/// A session's end of life.
const LIFETIME: Duration = Duration::from_secs(600);
/// A silent server is found after this and three times a third of it, unless the URL says otherwise.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Has the server look every two seconds, while a statement runs, whether its client is still there.
const NOTICE: &str = "SET client_connection_check_interval = '2s'";

/// A pool of at most 16 connections; connects when first used. One a role is enough. Trusts the certificates of a file, if
/// one is named, instead of the system's.
///
/// # Errors
/// When the URL can't be read, or no trusted certificates can be had for the TLS it asks for.
pub fn pool(settings: &DatabaseSettings) -> anyhow::Result<Pool> {
    pool_renewed_after(settings, LIFETIME)
}

/// The same, with sessions that are used for this long.
///
/// # Errors
/// As [`pool`].
pub fn pool_renewed_after(settings: &DatabaseSettings, lifetime: Duration) -> anyhow::Result<Pool> {
    let url = settings.url.expose_secret();
    // The source is left out: it may quote the URL, and with it the password.
    let mut config: Config = url.parse().map_err(|_| anyhow::anyhow!("DATABASE_URL can't be read"))?;
    config.connect_timeout(TIMEOUT);
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
    }
    let tls = MakeRustlsConnect::new(tls(&config, settings.ca_file.as_deref())?);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, tls, recycling))
        .runtime(Runtime::Tokio1)
        .max_size(CONNECTIONS)
        .post_create(Hook::async_fn(|session, _| {
            Box::pin(async move {
                // A server that doesn't know the setting, or can't look, is none the worse.
                if let Err(error) = session.batch_execute(NOTICE).await
                    && error.is_closed()
                {
                    return Err(HookError::Backend(error));
                }
                Ok(())
            })
        }))
        .pre_recycle(Hook::sync_fn(move |_, session| {
            if session.age() < lifetime { Ok(()) } else { Err(HookError::message("its time is over")) }
        }))
        .create_timeout(Some(TIMEOUT))
        .wait_timeout(Some(TIMEOUT))
        .recycle_timeout(Some(TIMEOUT))
        .build()
        .context("no pool of PostgreSQL connections can be made")
}

fn tls(config: &Config, ca_file: Option<&str>) -> anyhow::Result<ClientConfig> {
    let (client, trusts_any) = client_config(ca_file, "DATABASE_CA_FILE")?;
    if !trusts_any && config.get_ssl_mode() == SslMode::Require {
        bail!("DATABASE_URL asks for TLS but this system trusts no certificates: set DATABASE_CA_FILE");
    }
    Ok(client)
}

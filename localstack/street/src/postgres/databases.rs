//! Databases of the local PostgreSQL.

use tokio_postgres::{Client, NoTls, error::SqlState};
use tracing::debug;

use super::Postgres;
use crate::StreetError;

impl Postgres {
    /// Creates the database unless it exists.
    ///
    /// # Errors
    /// [`StreetError::DatabaseName`] for a name that would need quoting; else what PostgreSQL says.
    pub async fn create_database(&self, name: &str) -> Result<(), StreetError> {
        check(name)?;
        // template0 has no connections, so any number of these may run at once.
        match self.execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await {
            Err(StreetError::Database { source, .. }) if source.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
            created => created,
        }
    }

    /// Drops the database if it exists, breaking the connections to it.
    ///
    /// # Errors
    /// As [`Postgres::create_database`].
    pub async fn drop_database(&self, name: &str) -> Result<(), StreetError> {
        check(name)?;
        self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    /// Makes the database empty: drops it and creates it.
    ///
    /// # Errors
    /// As [`Postgres::create_database`].
    pub async fn recreate_database(&self, name: &str) -> Result<(), StreetError> {
        self.drop_database(name).await?;
        self.create_database(name).await
    }

    async fn execute(&self, statement: &str) -> Result<(), StreetError> {
        let failed = |source| StreetError::Database { what: format!("run {statement:?}"), source };
        self.administrator().await.map_err(failed)?.batch_execute(statement).await.map_err(failed)
    }

    async fn administrator(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "an administrator's connection ended");
            }
        });
        Ok(client)
    }
}

/// Only names that mean the same quoted and unquoted, and are safe inside a statement.
fn check(name: &str) -> Result<(), StreetError> {
    let well_formed = name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '_'));
    if well_formed { Ok(()) } else { Err(StreetError::DatabaseName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_lower_case_names_pass() {
        for name in ["read_models", "t1"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", "1t", "Read", "a b", "a;drop", "a\"", &"a".repeat(64)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}

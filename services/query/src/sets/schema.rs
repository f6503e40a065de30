//! Schemas and tables of the sets: made as the live ones are, whatever has been added to those, moved, dropped.
//!
//! The live set is in the schema that the user's search path begins with. What is built beside stands in `<schema>_next`; what
//! was the live set stands in `<schema>_before`.

use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::{Client, GenericClient, Row};

use super::error::{SetsError, refused};
use super::state::OPERATION;
use super::table::{quoted, table, within};
use crate::database::{Database, fault};
use crate::migrations;
use crate::rebuild::Kind;

/// The schemas of an installation's sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schemas {
    pub(super) live: String,
    pub(super) next: String,
    pub(super) before: String,
}

/// Runs statements one after the other.
pub(super) async fn run(client: &impl GenericClient, statements: &str) -> Result<(), Fault> {
    client.batch_execute(statements).await.map_err(|error| fault(OPERATION, &error))
}

/// The rows of a statement.
pub(super) async fn rows(client: &impl GenericClient, statement: &str) -> Result<Vec<Row>, Fault> {
    client.query_typed(statement, &[]).await.map_err(|error| fault(OPERATION, &error))
}

/// A column of texts.
pub(super) async fn texts(client: &impl GenericClient, statement: &str) -> Result<Vec<String>, Fault> {
    let rows = rows(client, statement).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| fault(OPERATION, &error))).collect()
}

/// A connection whose transactions end with it, wherever the future is dropped.
pub(super) async fn client(database: &Database) -> Result<deadpool_postgres::ClientWrapper, Fault> {
    let gone = || Fault::new(FaultKind::Transient, OPERATION, "no connection");
    database.session().await?.into_owned().ok_or_else(gone)
}

impl Schemas {
    pub(super) async fn look(client: &impl GenericClient) -> Result<Self, SetsError> {
        // PostgreSQL cuts longer names off.
        const LONGEST: usize = 63 - "_before".len();
        let live = texts(client, "SELECT current_schema()::text").await?.pop().unwrap_or_default();
        if live.len() > LONGEST {
            return refused(format!("the schema {live} has a name of more than {LONGEST} bytes"));
        }
        let (next, before) = (format!("{live}_next"), format!("{live}_before"));
        Ok(Self { live, next, before })
    }

    /// Makes them, unless they are there: a user may own them without the right to make others.
    async fn make(&self, client: &impl GenericClient) -> Result<(), SetsError> {
        for schema in [&self.next, &self.before] {
            let there = format!("SELECT nspname::text FROM pg_namespace WHERE nspname = {}", literal(schema));
            if texts(client, &there).await?.is_empty() {
                let make = format!("CREATE SCHEMA {}", quoted(schema));
                run(client, &make).await.map_err(|fault| {
                    let why =
                        format!("{fault}; an administrator of the database may run: {make} AUTHORIZATION CURRENT_ROLE");
                    Fault::new(fault.kind(), OPERATION, why)
                })?;
            }
        }
        Ok(())
    }

    /// Drops the tables of both; the schemas stay, and whatever else is in them.
    pub(super) async fn clear(&self, client: &impl GenericClient) -> Result<(), Fault> {
        for schema in [&self.next, &self.before] {
            for kind in Kind::ALL {
                run(client, &format!("DROP TABLE IF EXISTS {}", within(schema, table(kind)))).await?;
            }
        }
        Ok(())
    }

    /// Makes empty tables in `next`, each as the live one is: columns, constraints, indexes under the same names, triggers,
    /// rights.
    pub(super) async fn create(&self, client: &mut Client) -> Result<(), SetsError> {
        let transaction = client.transaction().await.map_err(|error| fault(OPERATION, &error))?;
        migrations::exclude_others(&transaction).await?;
        self.make(&transaction).await?;
        self.clear(&transaction).await?;
        for kind in Kind::ALL {
            let (from, to) = (within(&self.live, table(kind)), within(&self.next, table(kind)));
            run(&transaction, &format!("CREATE TABLE {to} (LIKE {from} INCLUDING ALL EXCLUDING INDEXES)")).await?;
            for statement in texts(&transaction, &rest_of(&from, &to)).await? {
                run(&transaction, &statement).await?;
            }
        }
        transaction.commit().await.map_err(|error| fault(OPERATION, &error))?;
        Ok(())
    }
}

/// Statements that make all of a table that `LIKE` leaves out: keys and indexes, which would get other names, triggers and
/// rights. Definitions name the table once, behind ` ON `, with its schema.
fn rest_of(from: &str, to: &str) -> String {
    let (from, to) = (literal(from), literal(to));
    format!(
        "WITH tables AS (
            SELECT pg_class.oid AS here, ' ON ' || format('%I.%I', nspname, relname) || ' ' AS named, {to} AS there
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = {from}::regclass)
        SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', there, conname, pg_get_constraintdef(pg_constraint.oid))
        FROM tables, pg_constraint WHERE conrelid = here AND contype IN ('p', 'u', 'x')
        UNION ALL SELECT replace(pg_get_indexdef(indexrelid), named, ' ON ' || there || ' ')
        FROM tables, pg_index WHERE indrelid = here
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
        UNION ALL SELECT replace(pg_get_triggerdef(pg_trigger.oid), named, ' ON ' || there || ' ')
        FROM tables, pg_trigger WHERE tgrelid = here AND NOT tgisinternal
        UNION ALL SELECT format('GRANT %s ON %s TO %s', privilege_type, there,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
        FROM tables, pg_class, aclexplode(relacl) WHERE pg_class.oid = here AND grantee <> relowner"
    )
}

/// A text as SQL quotes it.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

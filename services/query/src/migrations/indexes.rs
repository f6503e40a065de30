//! Indexes of tables that others write while they are built: without a lock that keeps writers out, and so outside of any
//! transaction. Which of them are still to be built is seen by what stands in the catalogue, not by the history: whoever
//! finds one missing, or left invalid by a build that was broken off, builds it.

use std::collections::BTreeSet;

use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::{Client, GenericClient};

use super::OPERATION;
use crate::database::fault;
use crate::sets;

/// How an index's statement begins. It begins a line, and ends with the first `;`.
const BEGINNINGS: [(&str, &str); 2] = [("CREATE INDEX ", ""), ("CREATE UNIQUE INDEX ", "UNIQUE ")];

/// An index, as a migration makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) table: String,
    /// `UNIQUE `, or nothing.
    unique: &'static str,
    /// Text of the statement behind the table's name.
    rest: String,
}

/// State of an index by the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Missing,
    /// A build was broken off.
    Invalid,
    /// A session is at it; perhaps one whose owner is gone.
    BeingBuilt,
    Valid,
}

/// Parts a migration into the indexes of tables that `is_new` doesn't know of, and all the rest.
pub(super) fn parted(sql: &str, is_new: impl Fn(&str) -> bool) -> (String, Vec<Index>) {
    let (mut rest, mut indexes) = (String::new(), Vec::new());
    let mut lines = sql.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if !BEGINNINGS.iter().any(|(beginning, _)| line.starts_with(beginning)) {
            rest.push_str(line);
            continue;
        }
        let mut statement = line.to_owned();
        while !statement.contains(';') {
            let Some(more) = lines.next() else { break };
            statement.push_str(more);
        }
        match Index::read(&statement).filter(|index| !is_new(&index.table)) {
            Some(index) => indexes.push(index),
            None => rest.push_str(&statement),
        }
    }
    (rest, indexes)
}

impl Index {
    fn read(statement: &str) -> Option<Self> {
        let (text, unique) =
            BEGINNINGS.iter().find_map(|(beginning, unique)| Some((statement.strip_prefix(beginning)?, *unique)))?;
        let (text, _) = text.split_once(';')?;
        let (name, text) = text.split_once(" ON ")?;
        let (table, rest) = text.split_once(' ')?;
        Some(Self { name: name.to_owned(), table: table.to_owned(), unique, rest: rest.to_owned() })
    }

    /// Builds it where it is not there: first of the set beside, so that where it is there on the live table it is on both.
    ///
    /// # Errors
    /// A [`Fault`] of the database; a transient one while another session builds it.
    pub(super) async fn build(&self, client: &mut Client) -> Result<(), Fault> {
        if let Some(schema) = sets::schema_beside(client).await?
            && let Err(failure) = self.build_in(client, Some(&schema)).await
        {
            if failure.is_retryable() {
                return Err(failure);
            }
            sets::give_up_beside(client, &schema, &failure).await?;
        }
        self.build_in(client, None).await
    }

    async fn build_in(&self, client: &Client, schema: Option<&str>) -> Result<(), Fault> {
        let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
        let within = |name: &str| match schema {
            Some(schema) => sets::within(schema, name),
            None => name.to_owned(),
        };
        match self.look(client, schema).await? {
            Found::Valid => return Ok(()),
            Found::BeingBuilt => return Err(self.transient("is built by another session")),
            Found::Missing => {}
            Found::Invalid => {
                let drop = format!("DROP INDEX CONCURRENTLY {}", within(&self.name));
                client.batch_execute(&drop).await.map_err(said)?;
            }
        }
        let Self { name, table, unique, rest } = self;
        // An index is in its table's schema.
        let build = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {} {rest}", within(table));
        client.batch_execute(&build).await.map_err(said)?;
        match self.look(client, schema).await? {
            Found::Valid => {
                tracing::info!(index = name, schema, "an index was built");
                Ok(())
            }
            _ => Err(self.transient("is not valid after it was built")),
        }
    }

    fn transient(&self, why: &str) -> Fault {
        Fault::new(FaultKind::Transient, OPERATION, format!("the index {} {why}", self.name))
    }

    async fn look(&self, client: &Client, schema: Option<&str>) -> Result<Found, Fault> {
        let found = look(client, &[&self.name], schema).await?;
        Ok(found.first().map_or(Found::Missing, |(_, found)| *found))
    }
}

/// Those of these indexes that the live tables lack.
pub(super) async fn lacking(client: &impl GenericClient, indexes: Vec<Index>) -> Result<Vec<Index>, Fault> {
    let names: Vec<_> = indexes.iter().map(|index| index.name.as_str()).collect();
    let found = look(client, &names, None).await?;
    let valid: BTreeSet<_> =
        found.into_iter().filter(|(_, found)| *found == Found::Valid).map(|(name, _)| name).collect();
    Ok(indexes.into_iter().filter(|index| !valid.contains(&index.name)).collect())
}

/// States of indexes that the catalogue knows. From its rows, as of now.
async fn look(
    client: &impl GenericClient,
    names: &[&str],
    schema: Option<&str>,
) -> Result<Vec<(String, Found)>, Fault> {
    let said = |error: tokio_postgres::Error| fault(OPERATION, &error);
    let schemas = schema.map_or_else(
        || "ANY (current_schemas(false))".to_owned(),
        |schema| format!("'{}'", schema.replace('\'', "''")),
    );
    // Names of ours, which hold no quote.
    let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    let statement = format!(
        "SELECT relname::text, indisvalid AND indisready,
            EXISTS (SELECT FROM pg_stat_progress_create_index AS built
                WHERE built.datname = current_database() AND (built.index_relid = indexrelid
                    OR built.index_relid = 0 AND built.relid = indrelid))
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_index ON indexrelid = pg_class.oid
        WHERE relname = ANY (ARRAY[{}]::text[]) AND nspname = {schemas}",
        names.join(", ")
    );
    let rows = client.query_typed(&statement, &[]).await.map_err(said)?;
    let found = rows.iter().map(|row| {
        let (is_valid, is_being_built) = (row.try_get(1)?, row.try_get(2)?);
        let found = match (is_valid, is_being_built) {
            (true, _) => Found::Valid,
            (false, true) => Found::BeingBuilt,
            (false, false) => Found::Invalid,
        };
        Ok((row.try_get(0)?, found))
    });
    found.collect::<Result<_, _>>().map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_of_tables_that_were_there_are_parted_from_the_rest() {
        let sql = "-- CREATE INDEX no ON t (a);\nCREATE TABLE t (a int);\nCREATE INDEX t_a ON t (a);\n\
                   CREATE UNIQUE INDEX u_b ON u USING btree (b,\n    c) WHERE d;\nALTER TABLE u ADD COLUMN e int;\n";
        let (rest, indexes) = parted(sql, |table| table == "t");
        assert_eq!(
            rest,
            "-- CREATE INDEX no ON t (a);\nCREATE TABLE t (a int);\nCREATE INDEX t_a ON t (a);\n\
             ALTER TABLE u ADD COLUMN e int;\n"
        );
        let wanted = Index {
            name: "u_b".to_owned(),
            table: "u".to_owned(),
            unique: "UNIQUE ",
            rest: "USING btree (b,\n    c) WHERE d".to_owned(),
        };
        assert_eq!(indexes, [wanted]);
        assert_eq!(parted(sql, |_| true), (sql.to_owned(), Vec::new()));
    }
}

//! Words of rows that another release wrote: those from before there was search, and, while releases change, those that one
//! writes which knows nothing of it. Every pod looks for such rows by an index that is empty in the usual case; two that do
//! the same write the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_kernel::Ports;
use shotengai_messaging::{Backoff, Fault, Worker};
use tokio_postgres::Row;

use super::words::Words;
use crate::database::Database;
use crate::migrations::Migrations;
use crate::store::{column, is_corrupt, names, presentation};

const OPERATION: &str = "postgres.search_words";
/// Rows that are written in one statement.
const AT_ONCE: i64 = 200;
/// How often one looks.
const LOOK: Duration = Duration::from_secs(5);

/// Brings words of rows up.
pub struct Fill {
    database: Database,
    migrations: Arc<Migrations>,
    ports: Ports,
}

impl Fill {
    /// The words of this database's products.
    #[must_use]
    pub fn new(database: Database, migrations: Arc<Migrations>, ports: Ports) -> Arc<Self> {
        Arc::new(Self { database, migrations, ports })
    }

    /// The worker that looks, again and again, and logs each failure.
    #[must_use]
    pub fn worker(self: &Arc<Self>) -> Worker {
        let fill = Arc::clone(self);
        Worker::until_cancelled("query/search-words", move || {
            let fill = Arc::clone(&fill);
            async move { fill.keep().await }
        })
    }

    async fn keep(&self) {
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut failures = 0;
        loop {
            self.migrations.wait().await;
            let pause = match fill(&self.database).await {
                Ok(0) => LOOK,
                Ok(rows) => {
                    tracing::info!(rows, "rows that another release wrote can be searched now");
                    LOOK
                }
                Err(fault) => {
                    failures += 1;
                    tracing::warn!(%fault, failures, "rows that another release wrote can't be searched yet; trying again");
                    tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())).await;
                    continue;
                }
            };
            failures = 0;
            tokio::time::sleep(pause).await;
        }
    }
}

/// Brings the words of all rows up that are behind; answers how many. A row that can't be read is left as it is.
///
/// # Errors
/// A [`Fault`] of the database; what was written before it stays.
pub async fn fill(database: &Database) -> Result<usize, Fault> {
    const BEHIND: &str = "
        SELECT product_id, name, names, description, descriptions, categories, search_text, deleted, version FROM read_products
        WHERE search_version IS DISTINCT FROM version AND product_id > $1 ORDER BY product_id LIMIT $2";
    const FILL: &str = "
        UPDATE read_products AS p SET search_names = new.names, search_keywords = new.keywords,
            search_descriptions = new.descriptions, search_tokens = new.tokens, search_version = new.version
        FROM jsonb_to_recordset($1) AS new (
            id text, version bigint, names text, keywords text, descriptions text, tokens integer[])
        WHERE p.product_id = new.id AND p.version = new.version AND p.search_version IS DISTINCT FROM new.version
        RETURNING 1";
    let (mut after, mut filled) = (String::new(), 0);
    loop {
        let session = database.session().await?;
        let rows = session.query(OPERATION, BEHIND, &[&after, &AT_ONCE]).await?;
        let Some(last) = rows.last() else { return Ok(filled) };
        after = column(last, "product_id")?;
        let mut words = Vec::new();
        for row in &rows {
            match words_of(row) {
                Ok(row) => words.push(row),
                Err(fault) if is_corrupt(&fault) => {}
                Err(fault) => return Err(fault),
            }
        }
        filled += session.query(OPERATION, FILL, &[&Value::Array(words)]).await?.len();
    }
}

fn words_of(row: &Row) -> Result<Value, Fault> {
    let words = if column(row, "deleted")? {
        Words::default()
    } else {
        Words::of(column(row, "name")?, &names(row)?, column(row, "description")?, &presentation(row)?)
    };
    Ok(json!({
        "id": column::<&str>(row, "product_id")?,
        "version": column::<i64>(row, "version")?,
        "names": words.names,
        "keywords": words.keywords,
        "descriptions": words.descriptions,
        "tokens": words.tokens,
    }))
}

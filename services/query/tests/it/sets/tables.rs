//! Tables of a set are made as the live ones are, and migrated with them.

use shotengai_query::migrations::Migrations;
use shotengai_query::sets::Phase;

use super::{STRICTLY, Told, street};
use crate::support::{Street, ports};

/// Columns, constraints, indexes, triggers and rights of a schema's tables, without the schema's name.
async fn anatomy(street: &Street, schema: &str) -> Vec<String> {
    let all = format!(
        "SELECT replace(line, '{schema}.', '') FROM (
            SELECT concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable, column_default) AS line
            FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name <> ALL ($$
                {{read_models,read_sets,read_set_scans,refinery_schema_history}}$$::text[])
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}' AND tablename <> ALL ($$
                {{read_models,read_sets,read_set_scans,refinery_schema_history}}$$::text[])
            UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid IN ('{schema}.read_products'::regclass, '{schema}.read_stock'::regclass, '{schema}.read_orders'::regclass)
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = '{schema}.read_stock'::regclass
            UNION ALL SELECT relname || ' ' || coalesce(relacl::text, '') FROM pg_class
            WHERE relkind = 'r' AND oid IN ('{schema}.read_products'::regclass, '{schema}.read_stock'::regclass)
        ) AS lines ORDER BY 1"
    );
    street.sql(&all).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn tables_are_made_with_all_that_the_live_ones_have() {
    let street = street("anatomy").await;
    for statement in [
        "GRANT SELECT ON read_products TO PUBLIC",
        "CREATE INDEX somebodys ON read_products (lower(name)) WHERE NOT deleted",
        "ALTER TABLE read_stock ADD COLUMN total bigint GENERATED ALWAYS AS (available + reserved) STORED",
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER noting BEFORE INSERT ON read_stock FOR EACH ROW EXECUTE FUNCTION noted()",
    ] {
        street.sql(statement).await;
    }
    street.furnish(5).await;
    street.build().await;
    let live = anatomy(&street, "public").await;
    let has = |words: &str| live.iter().any(|line| line.contains(words));
    assert!(
        has("somebodys") && has("noting") && has("=r/") && has("read_orders_by_status") && has("_pkey"),
        "{live:#?}"
    );
    assert_eq!(anatomy(&street, "public_next").await, live);
    street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    assert_eq!(anatomy(&street, "public").await, live);
    street.assert_same("public", "public_before").await;
}

/// The database as it was before the migrations of refunds and filters: columns, indexes, and a function that an index calls.
async fn as_before_refunds(street: &Street) {
    for schema in ["public", "public_next", "public_before"] {
        street.sql(&format!("ALTER TABLE IF EXISTS {schema}.read_orders DROP COLUMN refunds")).await;
        for index in
            ["read_products_by_category", "read_products_by_price", "read_products_by_name", "read_orders_by_product"]
        {
            street.sql(&format!("DROP INDEX IF EXISTS {schema}.{index}")).await;
        }
    }
    street.sql("DROP FUNCTION read_category_paths").await;
    street.sql("DELETE FROM refinery_schema_history WHERE version IN (5, 6)").await;
}

#[tokio::test]
async fn a_migration_changes_both_sets() {
    let street = street("migrated_both").await;
    let orders = street.furnish(4).await;
    street.build().await;
    street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    as_before_refunds(&street).await;
    assert!(Migrations::new(street.database.clone(), ports()).run().await.unwrap());
    let live = anatomy(&street, "public").await;
    assert!(live.iter().any(|line| line.contains("read_category_paths")), "{live:#?}");
    assert_eq!(anatomy(&street, "public_before").await, live);
    let functions = "SELECT count(*) FROM pg_proc WHERE proname = 'read_category_paths'";
    assert_eq!(street.number(functions).await, 1, "a second one would be another to the planner");
    street.ship(&orders[0]).await;
    assert_eq!(street.sets().diff(&Told::default()).await.unwrap().differences(), 0);
    street.sets().rollback(STRICTLY, &Told::default()).await.unwrap();
}

#[tokio::test]
async fn a_set_that_can_not_be_migrated_is_given_up_and_the_live_one_serves() {
    let street = street("given_up").await;
    let orders = street.furnish(4).await;
    street.build().await;
    as_before_refunds(&street).await;
    street.sql("ALTER TABLE public_next.read_orders ADD COLUMN refunds text").await;
    assert!(Migrations::new(street.database.clone(), ports()).run().await.unwrap());
    assert_eq!(street.sets().status().await.unwrap().phase, Phase::None);
    let left = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public_next'";
    assert_eq!(street.number(left).await, 0);
    street.ship(&orders[0]).await;
    street.build().await;
    street.assert_same("public", "public_next").await;
}

#[tokio::test]
async fn a_set_is_not_built_by_a_release_that_is_older_than_the_tables() {
    let street = street("older_release").await;
    street.sql("INSERT INTO refinery_schema_history VALUES (99, 'what_comes', '2027-01-01T00:00:00Z', '1')").await;
    super::refused(street.sets().rebuild(false, &Told::default()).await, "a newer release");
}

//! PostgreSQL has no room left. No test may fill a disk, so a trigger answers each write as the server does then.

use shotengai_contracts::Owner;
use shotengai_kernel::ProductId;
use shotengai_messaging::Disposition;
use shotengai_query::products;

use crate::history::product;
use crate::support::{Street, all_done};

#[tokio::test]
async fn what_finds_no_room_comes_again_and_reads_go_on() {
    let street = Street::new("full_disk").await;
    let history = product("kinoko", 0, &[1, 2]);
    let batch = street.commit(Owner::Catalog, &history).await;
    all_done(&street.projector.handle(&batch[..1]).await);
    let session = street.database.session().await.unwrap();
    for statement in [
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON read_products EXECUTE FUNCTION no_room()",
    ] {
        session.query("test.full_disk", statement, &[]).await.unwrap();
    }

    let answers = street.projector.handle(&batch[1..]).await;
    assert!(answers.iter().all(Disposition::comes_again), "{answers:?}");
    assert!(format!("{answers:?}").contains("No space left on device (53100)"), "{answers:?}");
    let id = ProductId::parse("prod_kinoko").unwrap();
    assert!(products::get(&street.database, &id).await.unwrap().is_some(), "what is there is read");

    session.query("test.full_disk", "DROP TRIGGER no_room ON read_products", &[]).await.unwrap();
    all_done(&street.projector.handle(&batch[1..]).await);
}

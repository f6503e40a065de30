//! The checkpoints: one owner can save, whatever else goes on.

use std::sync::Arc;

use serde_json::json;
use shotengai_kernel::Ports;
use shotengai_messaging::ports::table::{Condition, Key, Row, Table};
use shotengai_streaming::{Checkpoint, CheckpointError, Checkpoints};

use super::fresh;

/// Checks the checkpoints in a table. Others may use it.
///
/// # Panics
/// When the checkpoints break a promise.
pub async fn checkpoint_contract(table: Arc<dyn Table>, ports: &Ports) {
    let reader = fresh(ports, "contract-");
    let checkpoints = Checkpoints::new(Arc::clone(&table), &reader, "stream");
    let case = Case { table, partition: format!("{reader}/stream"), checkpoints };
    case.a_claim_begins_at_nothing_and_goes_on_where_the_last_owner_came_to().await;
    case.an_old_owner_can_not_save().await;
    case.of_many_that_claim_one_can_save().await;
    case.a_row_that_is_no_checkpoint_is_named().await;
}

struct Case {
    table: Arc<dyn Table>,
    partition: String,
    checkpoints: Checkpoints,
}

fn is_fenced<T>(outcome: Result<T, CheckpointError>) -> bool {
    matches!(outcome, Err(CheckpointError::Fenced { .. }))
}

impl Case {
    async fn claimed(&self, shard: &str, owner: &str) -> Checkpoint {
        self.checkpoints.claim(shard, owner).await.expect("nobody else claims")
    }

    async fn read(&self, shard: &str) -> Option<Checkpoint> {
        self.checkpoints.read(shard).await.expect("a checkpoint is read")
    }

    async fn a_claim_begins_at_nothing_and_goes_on_where_the_last_owner_came_to(&self) {
        assert_eq!(self.read("first").await, None);
        let mut one = self.claimed("first", "one").await;
        assert_eq!((one.epoch, one.owner.as_str(), one.position.clone(), one.ended), (1, "one", None, false));
        for position in ["9", "10", "49661352340983298509923478943"] {
            one.position = Some(position.to_owned());
            one.beat += 1;
            self.checkpoints.save("first", &one).await.expect("the owner saves");
            assert_eq!(self.read("first").await.as_ref(), Some(&one));
        }
        let other = self.claimed("first", "other").await;
        assert_eq!(other, Checkpoint { epoch: 2, owner: "other".to_owned(), ..one });
    }

    async fn an_old_owner_can_not_save(&self) {
        let mut old = self.claimed("fenced", "old").await;
        let mut new = self.claimed("fenced", "new").await;
        old.position = Some("99".to_owned());
        old.beat += 1;
        assert!(is_fenced(self.checkpoints.save("fenced", &old).await), "another has claimed");
        assert_eq!(self.read("fenced").await.as_ref(), Some(&new), "a refused save changes nothing");
        new.ended = true;
        new.beat += 1;
        self.checkpoints.save("fenced", &new).await.expect("the new owner saves");
        let again = self.claimed("fenced", "old").await;
        assert_eq!((again.epoch, again.position, again.ended), (3, None, true), "it has to claim anew");
    }

    async fn of_many_that_claim_one_can_save(&self) {
        let owners: Vec<_> = (0..8).map(|n| format!("owner-{n}")).collect();
        let claims = futures::future::join_all(owners.iter().map(|owner| self.checkpoints.claim("storm", owner))).await;
        let mut can_save = 0;
        for claim in claims {
            match claim {
                Ok(mut claim) => {
                    claim.beat += 1;
                    can_save += usize::from(self.checkpoints.save("storm", &claim).await.is_ok());
                }
                Err(CheckpointError::Fenced { shard }) => assert_eq!(shard, "storm"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(can_save, 1);
    }

    async fn a_row_that_is_no_checkpoint_is_named(&self) {
        let row = Row::new(Key::new(self.partition.clone(), "odd"), 3, json!({"what": 1}));
        self.table.put(&row, Condition::Any).await.expect("a put succeeds");
        let names = |error: CheckpointError| match error {
            CheckpointError::Unreadable { shard, .. } => shard,
            other => panic!("the row is to blame, not {other}"),
        };
        assert_eq!(self.checkpoints.read("odd").await.map_err(names), Err("odd".to_owned()));
        assert_eq!(self.checkpoints.claim("odd", "me").await.map_err(names), Err("odd".to_owned()));
        assert_eq!(self.table.get(&row.key).await.expect("a get succeeds"), Some(row), "it is left as it was");
    }
}

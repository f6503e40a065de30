//! Tables of rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use shotengai_catalog::price_stream;
use shotengai_contracts::topology::{PRICE_STREAM, STREAM, tables};
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Put, Row, Table, TransactError, WriteError, WriteOp};
use shotengai_streaming::lease::MEMBER_PREFIX;
use shotengai_testing::memory::MemoryTable;

use super::store::MANY_WRITES;
use crate::bugs::Bug;
use crate::mishap::Mishap;
use crate::network::Network;
use crate::plan::Dependency::DynamoDb;

pub(super) struct NetworkedTable {
    pub(super) network: Network,
    pub(super) inner: Arc<MemoryTable>,
    pub(super) name: Arc<str>,
}

const PUT: &str = "table.put";
/// A request that took longer than this was held up.
const SLOW: Duration = Duration::from_secs(1);

/// What a reconciler compares at a time, for a planted bug.
const WINDOW_SECONDS: i64 = 600;

/// What a mail's claim is called: a kind of mail about an order.
pub(crate) fn claim_of(order: &str, kind: &str) -> String {
    format!("{}/{order}/{kind}", tables::NOTIFICATION_CLAIMS.name)
}

/// Whether a row says how far a shard was read: leases, and what a reconciler knows, stand in the same tables.
fn is_checkpoint(table: &str, key: &Key) -> bool {
    (table == tables::CHECKPOINTS.name && key.pk == format!("bridge/{STREAM}"))
        || (table == tables::PRICE_CHECKPOINTS.name && key.pk == format!("{}/{PRICE_STREAM}", price_stream::NAME))
}

/// A book of a payment that says more than one refund by the shop.
fn has_refunds(name: &str, row: &Row) -> bool {
    let entries = row.doc.get("entries").and_then(|entries| entries.as_array()).into_iter().flatten();
    name == tables::BILLING_LEDGER.name && entries.filter(|entry| !entry["refund"].is_null()).count() > 1
}

impl NetworkedTable {
    /// What a row of notification's claims is called.
    fn claim(&self, row: &Row) -> Option<String> {
        (&*self.name == tables::NOTIFICATION_CLAIMS.name).then(|| claim_of(&row.key.pk, &row.key.sk))
    }

    /// The row that the caller means, unless a planted bug knows it by less.
    fn place(&self, key: &Key) -> Key {
        let is_planted =
            self.network.world().bug == Some(Bug::OneRefundMail) && &*self.name == tables::NOTIFICATION_CLAIMS.name;
        match key.sk.split_once('/') {
            Some((kind, _)) if is_planted => Key::new(&key.pk, kind),
            _ => key.clone(),
        }
    }

    /// What the caller asks for, unless a planted bug asks for less.
    fn condition(&self, key: &Key, condition: Condition) -> Condition {
        let unfenced = self.network.world().bug == Some(Bug::LeaseWithoutEpoch) && is_checkpoint(&self.name, key);
        let unmerged = self.network.world().bug == Some(Bug::ChainsNeverMerge) && key.pk.starts_with("reminders/");
        if unfenced || unmerged { Condition::Any } else { condition }
    }

    /// Whether a claim that stands in the way has not run out by this process's clock.
    fn holds(&self, error: &WriteError) -> bool {
        let WriteError::Condition(Some(row)) = error else { return false };
        let until = row.doc.get("until").and_then(|until| until.as_str()?.parse::<Timestamp>().ok());
        until.is_some_and(|until| until > self.network.clock().now())
    }

    /// What stands in the way of a write, as a planted bug shows it: a claim that never runs out.
    fn shown(&self, error: WriteError) -> WriteError {
        let eternal =
            self.network.world().bug == Some(Bug::EternalClaim) && &*self.name == tables::NOTIFICATION_CLAIMS.name;
        let trusting = self.network.world().bug == Some(Bug::TrustsForeignClocks)
            && &*self.name == tables::NOTIFICATION_CLAIMS.name
            && self.holds(&error);
        match error {
            WriteError::Condition(Some(mut row)) if eternal => {
                if let Some(until) = row.doc.get_mut("until") {
                    *until = "2200-01-01T00:00:00Z".into();
                }
                WriteError::Condition(Some(row))
            }
            WriteError::Condition(Some(mut row)) if trusting => {
                // Another row each time, to whoever watches how long it stands as it does.
                row.version += self.network.world().below(1_000_000);
                WriteError::Condition(Some(row))
            }
            other => other,
        }
    }
}

/// What a put does at the far end.
async fn write(
    network: &Network,
    inner: &MemoryTable,
    name: &str,
    row: &Row,
    condition: Condition,
    claim: Option<&str>,
) -> Result<(), WriteError> {
    if network.world().bug == Some(Bug::RefundsKnownByPayment) && has_refunds(name, row) {
        return Ok(());
    }
    let answer = inner.put(row, condition).await;
    if is_checkpoint(name, &row.key) && answer.is_ok() {
        let (owner, position) = (row.doc["owner"].as_str().unwrap_or("nobody"), row.doc["position"].as_str());
        let wrong = network.world().saves.save((name, &row.key.sk), row.version, owner, position);
        wrong.into_iter().for_each(|wrong| network.world().violation(wrong));
    }
    if name == tables::PAYMENT_INTENTS.name && answer.is_ok() {
        network.world().days.intend(row);
    }
    if let Some(claim) = claim.filter(|_| answer.is_ok()) {
        let world = network.world();
        if row.doc["state"] == "sent" {
            world.record_mail(claim);
        } else {
            world.receipts.claim(world.elapsed(), claim);
        }
    }
    answer
}

#[async_trait]
impl Table for NetworkedTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        let place = self.place(key);
        let mut row = self.network.call(DynamoDb, "table.get", &self.name, self.inner.get(&place)).await?;
        if self.network.world().bug == Some(Bug::ReconcilerStartsAnew) && key.pk.starts_with("reconciled/") {
            let now = self.network.clock().now().as_second() / WINDOW_SECONDS;
            row.iter_mut().for_each(|row| row.doc = json!({ "next": now }));
        }
        Ok(row)
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        self.network.call(DynamoDb, "table.get_many", &self.name, self.inner.get_many(keys)).await
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.network.call(DynamoDb, "table.list", &self.name, self.inner.list(pk, prefix, after, limit)).await
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        if row.key.sk.starts_with(MEMBER_PREFIX) && self.network.silences_members() {
            return Err(Fault::new(FaultKind::Transient, PUT, "simulated: no member's row is written").into());
        }
        let claim = self.claim(row);
        let resource = claim.clone().unwrap_or_else(|| self.name.to_string());
        let condition = self.condition(&row.key, condition);
        let (network, inner, mut row) = (self.network.clone(), Arc::clone(&self.inner), row.clone());
        row.key = self.place(&row.key);
        let name = Arc::clone(&self.name);
        let effect = move |_| async move { write(&network, &inner, &name, &row, condition, claim.as_deref()).await };
        self.network.send(DynamoDb, PUT, &resource, effect).await.map_err(|error| self.shown(error))
    }

    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        let began = self.network.world().elapsed();
        let refused = self.network.refused_writes(PUT, &self.name, puts.len());
        self.network.world().count(Mishap::RowsTogether);
        let claims: Vec<_> = puts.iter().map(|put| self.claim(&put.row)).collect();
        let writes: Vec<_> = puts
            .iter()
            .zip(claims.clone())
            .zip(refused.clone())
            .map(|((put, claim), refused)| {
                let row = Row { key: self.place(&put.row.key), ..put.row.clone() };
                (row, self.condition(&put.row.key, put.condition), claim, refused)
            })
            .collect();
        let (network, inner, name) = (self.network.clone(), Arc::clone(&self.inner), Arc::clone(&self.name));
        let effect = move |_| async move {
            let mut answers = Vec::with_capacity(writes.len());
            for (row, condition, claim, refused) in writes {
                answers.push(if refused {
                    Err(Fault::new(FaultKind::Throttled, PUT, "simulated: this statement was refused").into())
                } else {
                    // What stands there is not told.
                    let answer = write(&network, &inner, &name, &row, condition, claim.as_deref()).await;
                    answer.map_err(|error| match error {
                        WriteError::Condition(_) => WriteError::Condition(None),
                        fault => fault,
                    })
                });
            }
            Ok(answers)
        };
        let answer = self.network.send(DynamoDb, PUT, &self.name, effect).await;
        // What befell a request befell each in it.
        let is_slow = self.network.world().elapsed().saturating_sub(began) > SLOW;
        for (claim, refused) in claims.iter().zip(refused) {
            if is_slow || refused || answer.is_err() {
                self.network.trouble(Some(claim.as_deref().unwrap_or(&self.name)));
            }
        }
        answer
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        self.network.call(DynamoDb, "table.delete", &self.name, self.inner.delete(&self.place(key), condition)).await
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        let (network, inner, name, ops) =
            (self.network.clone(), Arc::clone(&self.inner), Arc::clone(&self.name), ops.to_vec());
        let effect = move |_| async move {
            let world = network.world();
            if world.per_mille(world.plan.rates.conflict) {
                world.count(Mishap::TransactionConflict);
                network.hold_up(&name);
                return Err(TransactError::Contended);
            }
            if ops.len() > MANY_WRITES {
                world.count(Mishap::LargeTransaction);
            }
            inner.transact(&ops).await
        };
        self.network.send(DynamoDb, "table.transact", &self.name, effect).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.network.call(DynamoDb, "table.ping", &self.name, self.inner.ping()).await
    }
}

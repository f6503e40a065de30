//! An effect that is asked for again happens once, also when its answer was lost or others were at its rows.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use serde_json::json;
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::{CommandError, Condition, Key, Row, Table, WriteOp, once};
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryTable};

/// The answer of the first transaction is lost.
#[derive(Default)]
struct LosesOne(AtomicBool);

impl FaultInjector for LosesOne {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        let loses = operation == "table.transact" && !self.0.swap(true, Ordering::SeqCst);
        loses.then_some(InjectedFault::LoseAnswer)
    }
}

fn ports() -> Ports {
    Ports::seeded(1, Arc::new(ManualClock::default()))
}

fn memory(name: &str) -> Row {
    Row::new(Key::new("usr_1", "entry"), 1, json!({ "by": name }))
}

fn effect() -> WriteOp {
    WriteOp::add(Key::new("usr_1", "balance"), "points", 5)
}

async fn balance(table: &dyn Table) -> i64 {
    table.get(&Key::new("usr_1", "balance")).await.unwrap().map_or(0, |row| row.counter("points"))
}

#[tokio::test]
async fn whoever_is_second_finds_what_the_first_wrote() {
    let (ports, table) = (ports(), MemoryTable::new("rows", ports()));
    let random = ports.random.as_ref();
    assert_eq!(once(&table, random, memory("first"), [effect()]).await.unwrap(), memory("first"));
    assert_eq!(once(&table, random, memory("second"), [effect()]).await.unwrap(), memory("first"));
    assert_eq!(balance(&table).await, 5);
}

#[tokio::test(start_paused = true)]
async fn of_many_at_once_one_is_first() {
    let (ports, table) = (ports(), MemoryTable::new("rows", ports()));
    let names = ["a", "b", "c", "d"];
    let all = names.map(|name| once(&table, ports.random.as_ref(), memory(name), [effect()]));
    let answers: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(balance(&table).await, 5);
}

#[tokio::test]
async fn what_was_done_although_its_answer_was_lost_is_found_done() {
    let ports = ports();
    let table = MemoryTable::with_faults("rows", ports.clone(), Arc::new(LosesOne::default()));
    let first = once(&table, ports.random.as_ref(), memory("first"), [effect()]).await;
    assert!(matches!(first, Err(CommandError::Fault(_))), "{first:?}");
    let again = once(&table, ports.random.as_ref(), memory("first"), [effect()]).await;
    assert_eq!((again.unwrap(), balance(&table).await), (memory("first"), 5));
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_never_can_be_is_given_up_and_nothing_is_remembered() {
    let (ports, table) = (ports(), MemoryTable::new("rows", ports()));
    let never = WriteOp::Delete(Key::new("usr_2", "balance"), Condition::VersionIs(1));
    let given_up = once(&table, ports.random.as_ref(), memory("first"), [effect(), never]).await;
    assert!(matches!(given_up, Err(CommandError::Contended)), "{given_up:?}");
    assert_eq!((table.get(&memory("first").key).await.unwrap(), balance(&table).await), (None, 0));
}

//! What the simulation writes down of a call, by which its invariants excuse something later: also of one whose caller dies
//! of it, and of an event that only a newer release knows.
#![allow(clippy::unwrap_used, reason = "tests: a failed step fails the test")]

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::samples;
use shotengai_contracts::{Envelope, EventType};
use shotengai_kernel::CommitId;
use shotengai_messaging::{Commit, Infrastructure, StreamRecord};
use shotengai_simulation::network::Network;
use shotengai_simulation::plan::{Plan, Rates};
use shotengai_simulation::ports::NetworkedInfrastructure;
use shotengai_simulation::simulate::plan_of;
use shotengai_simulation::world::World;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Who is none of the processes.
const NOBODY: usize = usize::MAX;

fn calm_plan() -> Plan {
    let (mut plan, rates) = (plan_of(0), Rates::default());
    (plan.captured, plan.changes_feed, plan.absence, plan.limits, plan.rates) = (false, None, None, None, rates);
    plan.rival = None;
    plan
}

fn world_of(plan: Plan) -> Arc<World> {
    World::new(plan, None, false, mpsc::unbounded_channel().0)
}

fn record(event: &Envelope) -> StreamRecord {
    StreamRecord { key: event.subject.to_string(), data: event.to_json().into_bytes() }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_new_type_is_on_its_way_from_when_it_came_into_the_stream() {
    let created = samples::envelope(EventType::ProductCreated).unwrap();
    let plan =
        Plan { newer: Some(0), new_type: Some((EventType::ProductCreated, Duration::from_secs(3600))), ..calm_plan() };
    let world = world_of(plan);
    let newer = Network::new(Arc::clone(&world), "newer", 0);
    world.wrote_newer(&[Commit {
        aggregate_id: created.subject.clone(),
        first_version: created.aggregateversion,
        commit_id: CommitId::new(Uuid::nil()),
        created_at: created.time,
        events: [created.clone()].into_iter().collect(),
    }]);
    let answers = NetworkedInfrastructure(newer).stream_writer().put(&[record(&created)]).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let records = world.infra.memory_stream().records();
    assert!(world.is_of_new_type(std::str::from_utf8(&records[0].data).unwrap()), "it travels under another name");
    assert!(world.ways.of(created.id).streamed.is_some(), "its way goes on from the stream");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_its_operator_died_of_has_its_fault() {
    let event = samples::envelope(EventType::OrderPlaced).unwrap();
    let world = world_of(Plan { rates: Rates { crash_after: 1000, ..Rates::default() }, ..calm_plan() });
    let operator = NetworkedInfrastructure(Network::new(Arc::clone(&world), "operator", NOBODY));
    let (stream, records) = (operator.stream_writer(), [record(&event)]);
    let put = tokio::time::timeout(Duration::from_secs(60), stream.put(&records)).await;
    assert!(put.is_err(), "who has died has no answer");
    assert_eq!(world.infra.memory_stream().records().len(), 1, "the stream took it");
    assert_eq!(world.copies.excused(event.id), 1, "so it may come once more");
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_an_operator_has_one_fault_whatever_was_answered() {
    let event = samples::envelope(EventType::OrderPlaced).unwrap();
    for lost in [0, 1000] {
        let world = world_of(Plan { rates: Rates { lost, ..Rates::default() }, ..calm_plan() });
        let operator = NetworkedInfrastructure(Network::new(Arc::clone(&world), "operator", NOBODY));
        let answer = operator.stream_writer().put(&[record(&event)]).await;
        assert_eq!(answer.is_err(), lost > 0);
        assert_eq!(world.copies.excused(event.id), 1, "lost {lost} of a thousand answers");
    }
}

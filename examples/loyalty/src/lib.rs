//! Loyalty, a role: customers collect `points` with what they pay; its `api` shows and adjusts them.

mod api;
mod points;

use actix_web::web::Data;
use shotengai::AddedRole;
use shotengai_contracts::EventType::{OrderCancelled, OrderPaid};
use shotengai_contracts::api::Endpoint;
use shotengai_contracts::topology::Purpose::{Forward, Keys};
use shotengai_contracts::topology::{Call, QueueSpec, Service, Source, TableSpec, Topology};
use shotengai_runtime::{Consuming, Context, Role};

const ROLE: Service = Service::new("loyalty");
const TABLE: TableSpec = TableSpec { name: "loyalty-points", service: ROLE, expiring: &[] };
/// Order events that give points, or take them back.
pub const QUEUE: QueueSpec =
    QueueSpec { name: "loyalty-queue", service: ROLE, source: Source::Topic(&[OrderPaid, OrderCancelled]) };

/// The role, as the platform takes it.
pub struct Loyalty;

impl AddedRole for Loyalty {
    const TOPOLOGY: Topology = Topology {
        services: &[ROLE],
        queues: &[&QUEUE],
        tables: &[&TABLE],
        calls: &[Call::new(Service::STOREFRONT, ROLE, Forward), Call::new(ROLE, Service::STOREFRONT, Keys)],
        ..Topology::EMPTY
    };
    const ROUTES: &'static [&'static dyn Endpoint] = &[&api::GET_POINTS, &api::ADJUST_POINTS];
    type Args = ();

    fn build(context: &Context, (): &()) -> anyhow::Result<Role> {
        let mut deps = context.deps(ROLE);
        let points = points::Points { table: deps.table(&TABLE), ports: deps.ports().clone() };
        let state = Data::new(points.clone());
        Ok(Role::new(deps).consume(&QUEUE, points, Consuming::default()).routes(move |routes| {
            routes.data(state.clone()).route(api::GET_POINTS, api::get).route(api::ADJUST_POINTS, api::adjust);
        }))
    }
}

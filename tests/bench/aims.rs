//! What is aimed at, beside what was measured in the same run: counts, ratios and dollars, and the few times that are promised.

use serde::Serialize;
use shotengai_tests::crowd::Phase;
use shotengai_tests::crowd::report::{MOST_CORES, MOST_FRAMES_A_SECOND};

use crate::args::StreetKey;
use crate::results::{Results, Street, count};

const MIB: f64 = 1024.0 * 1024.0;

/// An aim. What was not measured is none.
#[derive(Debug, Serialize)]
pub(crate) struct Aim {
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) bound: Bound,
    pub(crate) aim: f64,
    pub(crate) met: bool,
}

/// Which side of the aim is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtMost,
    AtLeast,
}

use Bound::{AtLeast, AtMost};

/// Those of which there is a measurement.
pub(crate) fn aims(results: &Results) -> Vec<Aim> {
    let mut aims = Aims(Vec::new());
    for (key, requests, dollars) in [(StreetKey::Outbox, 9.0, 18.0), (StreetKey::Cdc, 8.0, 8.0)] {
        let Some(street) = results.street(key) else { continue };
        let name = &street.name;
        aims.add(format!("{name}: requests an order"), Some(street.load.requests_an_order), AtMost, requests);
        let cost = street.dollars.as_ref();
        aims.add(format!("{name}: $ a million orders"), cost.map(|cost| cost.million_orders), AtMost, dollars);
        aims.add(format!("{name}: $ a month at rest"), cost.map(|cost| cost.month_at_rest), AtMost, 15.0);
        aims.add(format!("{name}: requests a second at rest"), Some(street.rest.requests_a_second), AtMost, 12.0);
        aims.add(format!("{name}: share of a core at rest"), street.rest.cpu_share, AtMost, 0.015);
        aims.add(format!("{name}: place → paid at rest, median, ms"), Some(street.single.paid.p50_ms), AtMost, 120.0);
        let resident = street.processes.iter().filter_map(|process| process.resident_after_load_bytes).max();
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
        let resident = resident.map(|bytes| bytes as f64 / MIB);
        aims.add(format!("{name}: MiB resident after the load"), resident, AtMost, 250.0);
        aims.of_the_local_aws(results, street);
    }
    if let Some(apart) = results.street(StreetKey::Apart) {
        let name = &apart.name;
        aims.add(format!("{name}: place → paid at rest, median, ms"), Some(apart.single.paid.p50_ms), AtMost, 300.0);
    }
    if let Some(steps) = &results.steps {
        for street in &results.streets {
            let ratio = steps.sum_ms(street.key).map(|sum| street.single.paid.p50_ms / sum);
            aims.add(format!("{}: place → paid at rest ÷ its steps alone", street.name), ratio, AtMost, 1.5);
        }
    }
    aims.of_the_milestone(results);
    if let Some(products) = &results.products {
        let (one, even) = (products.one_a_second, products.even_a_second);
        aims.add("one product ÷ a thousand, through the street".to_owned(), Some(one / even), AtLeast, 0.9);
    }
    if let Some(alone) = &results.inventory_alone {
        let ratio = alone.one_a_second / alone.even_a_second;
        aims.add("one product ÷ a thousand, inventory alone".to_owned(), Some(ratio), AtLeast, 0.9);
    }
    let shards = results.shards.as_ref().and_then(|shards| shards.most_times_one);
    aims.add("eight shards ÷ one, in simulated time".to_owned(), shards, AtLeast, 7.2);
    aims.of_the_crowd(results);
    aims.0
}

struct Aims(Vec<Aim>);

impl Aims {
    fn add(&mut self, what: String, measured: Option<f64>, bound: Bound, aim: f64) {
        let Some(measured) = measured.filter(|measured| measured.is_finite()) else { return };
        let met = if bound == AtMost { measured <= aim } else { measured >= aim };
        self.0.push(Aim { what, measured, bound, aim, met });
    }

    fn of_the_local_aws(&mut self, results: &Results, street: &Street) {
        let alone = results.local_aws_alone.iter().find(|alone| alone.street == street.key);
        let share = alone.map(|alone| {
            let most = alone.requests_a_second / street.load.requests_an_order;
            street.load.paid_a_second / most
        });
        self.add(format!("{}: orders a second ÷ what the local AWS alone allows", street.name), share, AtLeast, 0.8);
    }

    fn of_the_crowd(&mut self, results: &Results) {
        let Some(live) = &results.live else { return };
        let crowd = &live.measured;
        let most = |of: fn(&Phase) -> Option<f64>| crowd.phases.iter().filter_map(of).reduce(f64::max);
        let who = format!("{} live viewers", crowd.viewers);
        // A reading that came just before the phase may be told within it.
        let frames = most(|phase| Some(phase.most_frames_a_second - 1.0 / phase.seconds));
        self.add(format!("{who}: frames a second, the one with the most"), frames, AtMost, MOST_FRAMES_A_SECOND);
        self.add(format!("{who}: dropped, or told something else"), Some(count(crowd.faults.len())), AtMost, 0.0);
        self.add(format!("{who}: cores of tally"), most(|phase| phase.cores), AtMost, MOST_CORES);
        let held = count(crowd.silent - crowd.ended);
        self.add(format!("{who}: beside {} who do not read, not cut off", crowd.silent), Some(held), AtMost, 0.0);
    }

    fn of_the_milestone(&mut self, results: &Results) {
        let streets = (results.street(StreetKey::Outbox), results.street(StreetKey::Milestone));
        let (Some(ours), Some(old)) = streets else { return };
        let cpu = ours.load.cpu_ms_an_order.zip(old.load.cpu_ms_an_order).map(|(ours, old)| ours / old);
        self.add("processor an order ÷ the first milestone's".to_owned(), cpu, AtMost, 1.0 / 3.0);
        let speed = ours.load.paid_a_second / old.load.paid_a_second;
        self.add("orders a second ÷ the first milestone's".to_owned(), Some(speed), AtLeast, 3.5);
    }
}

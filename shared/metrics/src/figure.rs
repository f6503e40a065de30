//! Figures: declared as statics, recorded by value and labels.
//!
//! The instrument behind one is made at its first use, by the global meter provider of that moment: telemetry has to be
//! installed before anything is recorded.

use std::sync::OnceLock;

use opentelemetry::metrics::{self, Meter};
use opentelemetry::{KeyValue, Value};

use crate::definition::{Definition, Kind};
use crate::label::Label;

/// A figure with `N` labels, behind an OpenTelemetry instrument.
#[derive(Debug)]
pub struct Figure<I, const N: usize> {
    definition: Definition,
    instrument: OnceLock<I>,
}

/// Adds up whole numbers.
pub type Counter<const N: usize> = Figure<metrics::Counter<u64>, N>;
/// Adds up amounts.
pub type AmountCounter<const N: usize> = Figure<metrics::Counter<f64>, N>;
/// Adds and takes away whole numbers.
pub type UpDownCounter<const N: usize> = Figure<metrics::UpDownCounter<i64>, N>;
/// Says what something is at the moment.
pub type Gauge<const N: usize> = Figure<metrics::Gauge<f64>, N>;
/// Says how values are distributed.
pub type Histogram<const N: usize> = Figure<metrics::Histogram<f64>, N>;

/// An OpenTelemetry instrument that figures can stand on.
pub trait Instrument: Sized {
    /// Instrument that it makes of a definition.
    fn of(definition: &Definition, meter: &Meter) -> Self;
}

macro_rules! instruments {
    ($($instrument:ty, $builder:ident;)*) => {
        $(impl Instrument for $instrument {
            fn of(definition: &Definition, meter: &Meter) -> Self {
                let builder = meter.$builder(definition.name);
                builder.with_unit(definition.unit).with_description(definition.description).build()
            }
        })*
    };
}

instruments! {
    metrics::Counter<u64>, u64_counter;
    metrics::Counter<f64>, f64_counter;
    metrics::UpDownCounter<i64>, i64_up_down_counter;
    metrics::Gauge<f64>, f64_gauge;
}

macro_rules! figures {
    ($($figure:ident, $declares:literal;)*) => {
        $(impl<const N: usize> $figure<N> {
            #[doc = $declares]
            #[must_use]
            pub const fn new(
                name: &'static str,
                unit: &'static str,
                description: &'static str,
                labels: &'static [Label; N],
            ) -> Self {
                Self::declare(Kind::$figure, name, unit, description, labels, &[])
            }
        })*
    };
}

figures! {
    Counter, "A counter of whole numbers.";
    AmountCounter, "A counter of amounts.";
    UpDownCounter, "A counter that goes up and down.";
    Gauge, "A gauge.";
}

impl Instrument for metrics::Histogram<f64> {
    fn of(definition: &Definition, meter: &Meter) -> Self {
        let builder = meter.f64_histogram(definition.name).with_unit(definition.unit);
        builder.with_description(definition.description).with_boundaries(definition.boundaries.to_vec()).build()
    }
}

impl<I, const N: usize> Figure<I, N> {
    const fn declare(
        kind: Kind,
        name: &'static str,
        unit: &'static str,
        description: &'static str,
        labels: &'static [Label; N],
        boundaries: &'static [f64],
    ) -> Self {
        Self {
            definition: Definition { name, kind, unit, description, labels, boundaries },
            instrument: OnceLock::new(),
        }
    }

    /// Definition, as it was declared.
    pub const fn definition(&self) -> &Definition {
        &self.definition
    }

    fn attributes(&self, values: [Value; N]) -> Vec<KeyValue> {
        self.definition.labels.iter().zip(values).filter_map(|(label, value)| label.pair(value)).collect()
    }
}

impl<I: Instrument, const N: usize> Figure<I, N> {
    fn instrument(&self) -> &I {
        self.instrument.get_or_init(|| I::of(&self.definition, &opentelemetry::global::meter("shotengai")))
    }
}

impl<const N: usize> Counter<N> {
    /// Adds so many. Adding none shows the series before there is anything: what alerts look for is a number that grows,
    /// and one that only appears has not grown.
    pub fn add(&self, number: u64, labels: [Value; N]) {
        self.instrument().add(number, &self.attributes(labels));
    }
}

impl<const N: usize> AmountCounter<N> {
    /// Adds so much.
    pub fn add(&self, amount: f64, labels: [Value; N]) {
        self.instrument().add(amount, &self.attributes(labels));
    }
}

impl<const N: usize> UpDownCounter<N> {
    /// Adds so many, or takes them away.
    pub fn add(&self, number: i64, labels: [Value; N]) {
        self.instrument().add(number, &self.attributes(labels));
    }
}

impl<const N: usize> Gauge<N> {
    /// Says what it is now.
    pub fn record(&self, value: impl Into<f64>, labels: [Value; N]) {
        self.instrument().record(value.into(), &self.attributes(labels));
    }
}

impl<const N: usize> Histogram<N> {
    /// A histogram whose buckets end at `boundaries`.
    #[must_use]
    pub const fn new(
        name: &'static str,
        unit: &'static str,
        description: &'static str,
        labels: &'static [Label; N],
        boundaries: &'static [f64],
    ) -> Self {
        Self::declare(Kind::Histogram, name, unit, description, labels, boundaries)
    }

    /// Records one value.
    pub fn record(&self, value: f64, labels: [Value; N]) {
        self.instrument().record(value, &self.attributes(labels));
    }
}

impl Definition {
    /// Records one value under these labels by an instrument of `meter`'s own: for tests of what an exporter makes of
    /// the definition.
    pub fn sample(&self, meter: &Meter, labels: &[KeyValue]) {
        match self.kind {
            Kind::Counter => metrics::Counter::<u64>::of(self, meter).add(1, labels),
            Kind::AmountCounter => metrics::Counter::<f64>::of(self, meter).add(1.0, labels),
            Kind::UpDownCounter => metrics::UpDownCounter::<i64>::of(self, meter).add(1, labels),
            Kind::Gauge => metrics::Gauge::<f64>::of(self, meter).record(1.0, labels),
            Kind::Histogram => metrics::Histogram::<f64>::of(self, meter).record(1.0, labels),
        }
    }
}

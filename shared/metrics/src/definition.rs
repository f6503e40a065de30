//! A definition: a figure as data.

use crate::label::Label;

/// How a figure behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers that are added up, from the start of the process.
    Counter,
    /// Amounts that are added up, from the start of the process.
    AmountCounter,
    /// Whole numbers that are added and taken away.
    UpDownCounter,
    /// Value of something at the moment.
    Gauge,
    /// How values are distributed.
    Histogram,
}

impl Kind {
    /// The word for it, as Prometheus has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter | Self::AmountCounter => "counter",
            Self::UpDownCounter | Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A figure's name, unit and labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Definition {
    /// Its name in OpenTelemetry's form, with dots.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its unit: `s`, `By`, what is counted in braces (`{order}`), or nothing for what is 0 or 1.
    pub unit: &'static str,
    /// One line for people.
    pub description: &'static str,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [Label],
    /// The upper bounds of a histogram's buckets.
    pub boundaries: &'static [f64],
}

impl Definition {
    /// The name under which Prometheus sees it: a histogram's has `_bucket`, `_sum` and `_count` behind it.
    #[must_use]
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = match self.kind {
            Kind::Counter | Kind::AmountCounter => "_total",
            Kind::UpDownCounter | Kind::Gauge | Kind::Histogram => "",
        };
        format!("{}{unit}{total}", prometheus(self.name))
    }
}

pub(crate) fn prometheus(name: &str) -> String {
    name.replace('.', "_")
}

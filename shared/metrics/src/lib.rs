//! Metrics: how a figure is declared, so that its name, unit and labels stand once.
//!
//! - [`Counter`], [`AmountCounter`], [`UpDownCounter`], [`Gauge`], [`Histogram`]: a figure, as a static of the crate that
//!   records it.
//! - [`Label`]: a dimension, whose values are a closed set.
//! - [`Definition`]: a figure as data. A crate lists its own; `shotengai describe` collects the lists, and documents and
//!   alerts are held against that.
//! - [`Description`]: a definition as `describe` shows it, with the name that Prometheus sees.
//!
//! A name is OpenTelemetry's where its semantic conventions have the figure. Others begin with `shotengai.`, if they are
//! about the program, or with `shop.`, if they are about the business. Units are base units: seconds, bytes, or what is
//! counted, in braces.

mod definition;
mod description;
mod figure;
mod label;

pub use definition::{Definition, Kind};
pub use description::{Description, LabelDescription};
pub use figure::{AmountCounter, Counter, Figure, Gauge, Histogram, Instrument, UpDownCounter};
pub use label::{Label, NONE, OTHER, Values};

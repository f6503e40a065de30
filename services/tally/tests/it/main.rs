//! tally from outside: what it counts, and what live clients see of it.

#![cfg(test)]

mod charts;
mod confluence;
mod counting;
mod live;
mod support;
mod throttled;

//! tally from outside: what it counts, and what live clients see of it.

#![cfg(test)]

mod charts;
mod confluence;
mod counting;
mod crowd;
mod live;
mod rivals;
mod support;
mod threads;
mod throttled;

//! The whole street, over HTTP, MiniStack, PostgreSQL and SMTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests: a failed step fails the test"
)]

mod accounts;
mod api;
mod archive;
mod at_rest;
mod authorization;
mod away;
mod bad_input;
mod bridges;
mod cancel;
mod capture;
mod carts;
mod chaos;
mod cli;
mod concurrency;
mod contract;
mod crash;
mod crowd;
mod customer_summaries;
mod dead_letters;
mod deadline;
mod dev;
mod dev_pages;
mod disorder;
mod door;
mod erasure;
mod explain;
mod figures;
mod forwarding;
mod group_commit;
mod hints;
mod hot_product;
mod idempotency;
mod images;
mod inventory_list;
mod journey;
mod load;
mod mail_links;
mod mailpit;
mod oidc;
mod open_carts;
mod operations;
mod order_costs;
mod outage;
mod outbox;
mod own_writes;
mod payments;
mod poison;
mod prices;
mod projections;
mod proxy;
mod publish_costs;
mod purchase;
mod push;
mod readers_gone;
mod rebuild;
mod receipts;
mod redrive;
mod refunds;
mod republish;
mod resharding;
mod rights;
mod rolling;
mod saga;
mod search;
mod stack;
mod stores;
mod tokens;
mod tombstones;
mod tour;
mod tracing;
mod travel;
mod two_workers;

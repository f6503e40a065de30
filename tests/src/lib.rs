//! The harness of the end-to-end tests: a street of processes over a local AWS and a PostgreSQL that the tests own.
//!
//! - [`local`]: one MiniStack and one PostgreSQL a test process; every street has an account and a database of its own.
//! - [`cluster`]: provisions, starts the binary's roles as processes, kills them.
//! - [`door`]: with `E2E_DOOR=1`, every role as a process of its own behind storefront.
//! - [`shop`]: what a customer or an administrator does over HTTP.
//! - [`customer`]: somebody who buys one piece at a time.
//! - [`mails`]: what the inbox has about an order. [`truth`]: the services' own records.
//! - [`shards`]: who reads the stream, and whether checkpoints only rise. [`cluster`]: where leases may be instead.
//! - [`dev`]: `shotengai dev` as a process, in a folder of its own. [`collector`]: takes the spans that processes export.
//! - [`post_office`]: decides which worker of a queue gets which message.
//! - [`proxy`]: stands between a process and its AWS, or a client and its shop, and spoils what a rule says.
//! - [`rights`]: stands between a role and its AWS, and refuses what its IAM policy does not allow.
//! - [`chaos`]: a street whose wires fail and whose processes are killed, and what must hold of it afterwards.
//! - [`poison`]: what nobody can handle, and how it gets into queues and the stream. [`letters`]: what became of it.
//! - [`spoil`]: rows that no client of ours writes.
//! - [`everything`]: all texts of an installation, to search for what must not be there.
//! - [`facts`]: what the event stores and the ledger say. [`chaotic_bridge`]: every message three times, shuffled.
//! - [`stack`]: streets on the emitted CloudFormation stack.
//! - [`stream`]: how events get into the stream, and what stands in it.
//! - [`order_costs`]: what orders cost, and the table of what they may.
//! - [`crowd`]: many clients of one process of tally, and what they cost it.
//! - [`hot_product`]: how fast inventory sells one product, and many.
//! - [`intents`]: the means of payment that order left for billing.
//! - [`commits`]: what stands in the event stores. [`raw`]: requests byte by byte.
//! - [`fake_role`]: a role that answers byte by byte what a test says.
//! - [`service`]: one address for several processes, as a cluster has it.
//! - [`process`]: what `/proc` says of a process.
//! - [`wait`]: conditions with deadlines; nothing here sleeps for a fixed time and hopes.
//!
//! The binary is `SHOTENGAI_BIN`, or the workspace's debug build, which `make test` builds first.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness: a failed step fails the test")]
#![expect(clippy::print_stderr, reason = "a failing test shows the processes' logs")]

pub mod chaos;
pub mod chaotic_bridge;
pub mod cluster;
pub mod collector;
pub mod commits;
pub mod crowd;
pub mod customer;
pub mod dev;
pub mod door;
pub mod everything;
pub mod facts;
pub mod fake_role;
mod folder;
pub mod hot_product;
pub mod intents;
pub mod letters;
pub mod local;
pub mod mails;
pub mod order_costs;
pub mod poison;
pub mod post_office;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod rights;
pub mod service;
pub mod shards;
pub mod shop;
pub mod spoil;
pub mod stack;
pub mod stream;
pub mod test_cluster;
pub mod truth;
pub mod wait;

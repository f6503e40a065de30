//! Dead letters: what they say, and how they get back to work.
//!
//! A **letter** is a message in a dead-letter queue. A consumer that gave up wrote why into its
//! [`DeadLetterFacts`](shotengai_messaging::dead_letter::DeadLetterFacts); a letter without them was moved by the queue or
//! the topic.
//!
//! - [`mod@route`]: which dead-letter queues there are, and where each one's letters belong.
//! - [`letter`]: a message as a letter. [`record`]: a letter of the bridge as a record of the stream.
//! - [`filter`]: which letters are meant. [`cause`]: letters by what went wrong; [`covered()`]: without what
//!   that quotes of bodies.
//! - [`sample`]: looks into a queue and changes nothing.
//! - [`run`]: redrives or discards; [`report`] says what became of each letter.
//!
//! **A redrive sends before it deletes**: whatever fails, a letter is in its target or still here. A crash, or a lost
//! answer, between the two doubles a message, which consumers are made for. Letters of one aggregate go in the order of
//! their versions, one at a time; if one can't be sent, the later ones of that aggregate stay with it. The order holds among
//! the letters held at the same time ([`Bounds::hold_letters`]), and for sending only: queues deliver in any order.

mod attempts;
pub mod cause;
mod collect;
mod covered;
pub mod filter;
mod held;
mod known;
pub mod letter;
mod lines;
pub mod record;
mod redrive_message;
pub mod report;
pub mod route;
pub mod run;
pub mod sample;

use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::infrastructure::Infrastructure;
use shotengai_messaging::ports::queue::Queue;
use shotengai_messaging::ports::stream::StreamWriter;

pub use cause::{Cause, Causes, Group, normalised};
pub use covered::covered;
pub use filter::Filter;
pub use known::{OF_NO_CONSUMER, UnknownWord};
pub use letter::{Heading, Letter, REDRIVEN_ATTRIBUTE, Redriven, UNDELIVERED};
pub use report::{Failure, Report};
pub use route::{Route, Target, UnknownQueue, route, routes};
pub use run::{Became, Job, Outcomes, Progress, Watch};
pub use sample::Sample;

/// Where a redrive puts letters.
#[derive(Clone)]
pub enum Destination {
    /// The consumer's queue.
    Queue(Arc<dyn Queue>),
    /// The stream it came from, so that its reader checks the record anew.
    Stream(Arc<dyn StreamWriter>),
}

/// How much is taken at the same time, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Letters to be worked on that are held, and put in order, at the same time.
    pub hold_letters: usize,
    /// Their bytes; of a sample, too.
    pub hold_bytes: usize,
    /// Letters that may be looked at and left alone in one run; they stay hidden until its end.
    pub look_at: usize,
    /// How long a letter stays hidden after a crash. Extended while it is held.
    pub visibility: Duration,
    /// How long a receive waits until the queue counts as empty. A wait asks all of the queue's servers.
    pub wait: Duration,
    /// How long a sample may take; much less than its visibility, which it does not extend.
    pub sample_within: Duration,
}

impl Default for Bounds {
    /// 2,000 letters or 64 MiB fit a small pod; 22,000 extensions, ten a call, fit into a third of five minutes.
    fn default() -> Self {
        Self {
            hold_letters: 2000,
            hold_bytes: 64 * 1024 * 1024,
            look_at: 20_000,
            visibility: Duration::from_secs(300),
            wait: Duration::from_secs(1),
            sample_within: Duration::from_secs(15),
        }
    }
}

/// One dead-letter queue and where its letters belong.
#[derive(Clone)]
pub struct DeadLetters {
    route: Route,
    queue: Arc<dyn Queue>,
    destination: Destination,
    bounds: Bounds,
    ports: Ports,
}

impl DeadLetters {
    /// The dead letters of this route.
    #[must_use]
    pub fn open(infra: &dyn Infrastructure, route: &Route, ports: Ports) -> Self {
        let destination = match &route.target {
            Target::Queue(name) => Destination::Queue(infra.queue(name)),
            Target::Stream => Destination::Stream(infra.stream_writer()),
            Target::PriceStream => Destination::Stream(infra.price_writer()),
        };
        let queue = infra.queue(&route.dead_letters);
        Self { route: route.clone(), queue, destination, bounds: Bounds::default(), ports }
    }

    /// The same with other bounds.
    #[must_use]
    pub const fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Which queue this is, and where its letters belong.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }
}

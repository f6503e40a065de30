//! API gateway: everything public comes in here, and what other roles answer is forwarded to them. In texts for people: the
//! door.
//!
//! - [`forward`]: one request to a role and its answer back.
//! - [`upstream`]: the way to one role: connections, bounds, retries; [`metrics`]: its figures. [`failure`]: why there is no answer.
//! - [`headers`]: what of a head goes on. [`body`]: request bodies up to their limit, answers as they come.
//! - [`tunnel`]: WebSockets. [`client`]: who is at the other end; [`caller`]: as whom they count.
//! - [`gate`]: before every route of the process: [`admission`], [`cors`], [`hosts`], headers for browsers.
//! - [`exchange`]: access tokens of another issuer, taken for our own.
//! - [`admission`]: who may hold what, for how long: [`limits`] of calls, [`shares`] of what is in hand.
//! - [`guesses`]: failed sign-ins, which slow nobody down but whoever fails.
//! - [`settings`]: what can be set about all this.
//!
//! A role that runs in the same process answers by itself; the door forwards only what nobody here answers, and only
//! what the interface has. `/internal/*` is not in it.

pub mod admission;
pub mod body;
pub mod caller;
pub mod client;
pub mod cors;
pub mod exchange;
pub mod failure;
pub mod forward;
pub mod gate;
pub mod guesses;
pub mod headers;
pub mod hosts;
pub mod limits;
pub mod metrics;
pub mod settings;
pub mod shares;
pub mod tunnel;
pub mod upstream;

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::Interface;
use shotengai_contracts::topology::Service;
use shotengai_messaging::Worker;
use shotengai_runtime::{Check, Context, Routes};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use gate::{ClientAddress, FrontGate};
pub use guesses::Guesses;
pub use hosts::Hosts;
pub use settings::{DoorArgs, DoorSettings};

use admission::Class;
use client::Trust;
use upstream::{Bounds, Upstream};

/// WebSockets that one process hands through at the same time; below what its server accepts, or they could lock
/// everybody else out.
const MAX_TUNNELS: usize = 5_000;

/// What forwarding needs.
pub struct Door {
    interface: Interface,
    upstreams: Vec<(Service, Arc<Upstream>)>,
    trust: Trust,
    read_timeout: Duration,
    tunnels: Arc<Semaphore>,
    closing: CancellationToken,
}

impl Door {
    /// A door to the roles that have an address.
    ///
    /// # Errors
    /// When an address can't be used.
    pub fn new(context: &Context, settings: &DoorSettings) -> anyhow::Result<Arc<Self>> {
        let bounds = Bounds { head: settings.head, whole: settings.whole, at_once: settings.at_once };
        let client = upstream::client();
        let mut upstreams = Vec::new();
        for (target, url) in &context.settings.neighbours.roles {
            upstreams.push((*target, Arc::new(Upstream::new(target.as_str(), url, client.clone(), bounds)?)));
        }
        Ok(Arc::new(Self {
            interface: context.interface.clone(),
            upstreams,
            trust: settings.trust,
            read_timeout: Duration::from_secs(context.settings.http.request_read_seconds),
            tunnels: Arc::new(Semaphore::new(MAX_TUNNELS)),
            closing: CancellationToken::new(),
        }))
    }

    /// Puts the interface's routes behind those of this process's own roles.
    pub fn register(self: &Arc<Self>, routes: &mut Routes) {
        for (target, upstream) in &self.upstreams {
            for spec in self.interface.of(*target) {
                let (door, upstream) = (Arc::clone(self), Arc::clone(upstream));
                let handler = move |request: HttpRequest, payload: web::Payload| {
                    let (door, upstream) = (Arc::clone(&door), Arc::clone(&upstream));
                    async move {
                        match admission::class(Some(spec), request.query_string(), request.headers()) {
                            Class::Socket => tunnel::open(&door, &upstream, &request, payload).await,
                            class => forward::forward(&door, &upstream, &request, payload, class).await,
                        }
                    }
                };
                routes.otherwise(spec, handler);
            }
        }
    }

    /// Asks each role whether it answers at all. Readiness does not wait for them: the door is of use without.
    pub fn checks(&self) -> impl Iterator<Item = Check> {
        self.upstreams.iter().map(|(_, upstream)| {
            let upstream = Arc::clone(upstream);
            Check::new(upstream.name(), move || {
                let upstream = Arc::clone(&upstream);
                async move { upstream.ping().await }
            })
            .advisory()
        })
    }

    /// Ends the WebSockets when the process ends; nobody else would. `name` is the worker's.
    #[must_use]
    pub fn worker(&self, name: &'static str) -> Worker {
        let closing = self.closing.clone();
        Worker::new(name, move |shutdown| {
            let closing = closing.clone();
            async move {
                shutdown.cancelled().await;
                closing.cancel();
            }
        })
    }
}

//! What the HTTP shell itself needs to know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{HttpRequest, web};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use shotengai_contracts::api::Interface;
use shotengai_kernel::Ports;

use super::{BodyBudget, Gate, Problem};
use crate::auth::TokenVerifier;

/// What [`HttpState::new`] starts with, as the settings do.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Shared by middleware and extractors of one process.
pub struct HttpState {
    pub(super) ports: Ports,
    pub(super) tokens: Arc<TokenVerifier>,
    pub(super) gates: Vec<Arc<dyn Gate>>,
    pub(super) interface: Interface,
    internal_token: Digest,
    read_timeout: Duration,
    bodies: BodyBudget,
    closing: AtomicBool,
}

impl HttpState {
    /// A state that checks access tokens with `tokens` and the other services by `internal_token`.
    #[must_use]
    pub fn new(ports: Ports, tokens: Arc<TokenVerifier>, internal_token: &SecretString) -> Self {
        let internal_token = digest(&SHA256, internal_token.expose_secret().as_bytes());
        let (gates, interface, closing) = (Vec::new(), Interface::default(), AtomicBool::new(false));
        let bodies = BodyBudget::default();
        Self { ports, tokens, gates, interface, internal_token, read_timeout: READ_TIMEOUT, bodies, closing }
    }

    /// With another time for a request's head, and then its body, to arrive: a client that trickles must not hold a
    /// connection for ever.
    #[must_use]
    pub fn with_read_timeout(self, read_timeout: Duration) -> Self {
        Self { read_timeout, ..self }
    }

    /// With these gates before all routes, the first of them outermost.
    #[must_use]
    pub fn with_gates(self, gates: Vec<Arc<dyn Gate>>) -> Self {
        Self { gates, ..self }
    }

    /// Telling of this interface in its documents, beside what its own roles answer.
    #[must_use]
    pub fn with_interface(self, interface: Interface) -> Self {
        Self { interface, ..self }
    }

    pub(super) const fn read_timeout(&self) -> Duration {
        self.read_timeout
    }

    /// Memory for bodies that are being read.
    #[must_use]
    pub const fn bodies(&self) -> &BodyBudget {
        &self.bodies
    }

    /// The state of the process that a request came to.
    ///
    /// # Errors
    /// [`Problem::internal`] where a test serves routes without the shell.
    pub fn of(request: &HttpRequest) -> Result<&web::Data<Self>, Problem> {
        request.app_data::<web::Data<Self>>().ok_or_else(|| {
            tracing::error!("routes are served without an HttpState");
            Problem::internal()
        })
    }

    /// Compares digests, so that neither the time it takes nor the length tells anything.
    pub(super) fn is_internal(&self, token: &str) -> bool {
        let given = digest(&SHA256, token.as_bytes());
        verify_slices_are_equal(given.as_ref(), self.internal_token.as_ref()).is_ok()
    }

    /// From now on every answer asks its client to connect anew, that is: elsewhere.
    pub fn close_connections(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

//! Other services, as far as a test needs them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};
use shotengai_contracts::topology::Service;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::{InternalAnswer, InternalCall, Neighbours};

/// Answers by service and path; what it was not told about, by 404 as a server without such a path.
#[derive(Default)]
pub struct FakeNeighbours {
    answers: Mutex<BTreeMap<(Service, String), InternalAnswer>>,
    asked: AtomicUsize,
    away: AtomicBool,
}

impl FakeNeighbours {
    /// From now on this is the answer.
    pub fn answers(&self, service: Service, path: impl Into<String>, status: u16, body: &Value) {
        let answer = InternalAnswer { status: status.try_into().unwrap(), body: body.to_string().into_bytes() };
        self.answers.lock().unwrap().insert((service, path.into()), answer);
    }

    /// Nobody answers, or everybody does again.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// How many questions came.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Neighbours for FakeNeighbours {
    async fn get(&self, call: InternalCall<'_>) -> Result<InternalAnswer, Fault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.away.load(Ordering::SeqCst) {
            return Err(Fault::new(FaultKind::Transient, call.operation, "away"));
        }
        let known = self.answers.lock().unwrap().get(&(call.service, call.path.to_owned())).cloned();
        let unknown = || InternalAnswer {
            status: 404_u16.try_into().unwrap(),
            body: json!({ "type": "/problems/not-found", "status": 404 }).to_string().into_bytes(),
        };
        Ok(known.unwrap_or_else(unknown))
    }
}

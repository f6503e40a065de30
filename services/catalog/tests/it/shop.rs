//! The whole role without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use serde_json::Value;
use shotengai_catalog::{CatalogRole, CatalogSettings, Products};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::Service;
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_kit::{Answer, Installation, RoleUnderTest};
use shotengai_messaging::{FaultKind, Infrastructure, OUTBOX_SHARDS};
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryInfrastructure};

pub(crate) use shotengai_kit::Sender;

pub(crate) struct Shop {
    pub(crate) products: Products,
    role: RoleUnderTest,
    installation: Installation,
    watched: Arc<Watched>,
}

/// The store: appends are denied for a while, and pages of histories counted.
#[derive(Default)]
struct Watched {
    denies_appends: AtomicBool,
    pages: AtomicUsize,
}

impl FaultInjector for Watched {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        self.pages.fetch_add(usize::from(operation == "store.load_newest"), Ordering::Relaxed);
        (operation == "store.append" && self.denies_appends.load(Ordering::Relaxed))
            .then_some(InjectedFault::Refuse(FaultKind::Denied))
    }
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let watched = Arc::new(Watched::default());
        let installation = Installation::with_faults(1, Arc::clone(&watched) as _);
        let deps = installation.deps(Service::CATALOG);
        let CatalogRole { products, role, .. } = shotengai_catalog::assemble(deps, &CatalogSettings::default());
        Self { products, role: RoleUnderTest::new(role, &installation.ports), installation, watched }
    }

    pub(crate) fn infrastructure(&self) -> &MemoryInfrastructure {
        &self.installation.infra
    }

    pub(crate) fn ports(&self) -> Ports {
        self.installation.ports.clone()
    }

    /// Nothing can be committed from now on, until it can again.
    pub(crate) fn denies_appends(&self, denied: bool) {
        self.watched.denies_appends.store(denied, Ordering::Relaxed);
    }

    /// How many pages of histories were read newest first since the last call.
    pub(crate) fn take_pages(&self) -> usize {
        self.watched.pages.swap(0, Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: TestRequest, sender: Sender<'_>) -> Answer {
        self.role.send(request, sender).await
    }

    /// The statuses that bodies of POST /products get, without a key.
    pub(crate) async fn statuses(&self, bodies: impl Iterator<Item = Vec<u8>>) -> Vec<(u16, Value)> {
        let post = |body: Vec<u8>| {
            TestRequest::post().uri("/products").insert_header((CONTENT_TYPE, "application/json")).set_payload(body)
        };
        let answers = self.role.send_all(bodies.map(post), Sender::Admin).await;
        answers.into_iter().map(|answer| (answer.status, answer.body)).collect()
    }

    /// How many commits there are.
    pub(crate) async fn written(&self) -> usize {
        let store = self.installation.infra.event_store(Owner::Catalog);
        let mut count = 0;
        for shard in 0..OUTBOX_SHARDS {
            count += store.scan(shard, None, 1000).await.unwrap().0.len();
        }
        count
    }

    pub(crate) async fn event_types(&self, product: &str) -> Vec<String> {
        let id = AggregateId::parse(product).unwrap();
        let commits = self.installation.infra.event_store(Owner::Catalog).load(&id, Version::ZERO).await.unwrap();
        commits.into_iter().flat_map(|commit| commit.events).map(|event| event.event_type).collect()
    }
}

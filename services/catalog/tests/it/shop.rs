//! The whole role without a socket.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use serde_json::Value;
use shotengai_catalog::CatalogSettings;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::Service;
use shotengai_kernel::{AggregateId, Version};
use shotengai_kit::{Answer, Installation, RoleUnderTest};
use shotengai_messaging::{Infrastructure, OUTBOX_SHARDS};

pub(crate) use shotengai_kit::Sender;

pub(crate) struct Shop {
    role: RoleUnderTest,
    installation: Installation,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let installation = Installation::new(1);
        let deps = installation.deps(Service::CATALOG);
        let role = shotengai_catalog::assemble(deps, &CatalogSettings::default()).role;
        Self { role: RoleUnderTest::new(role, &installation.ports), installation }
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

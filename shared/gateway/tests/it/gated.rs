//! Routes behind a gate, without a socket.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{Error, HttpResponse, web};
use futures::future::LocalBoxFuture;
use secrecy::SecretString;
use shotengai_contracts::api;
use shotengai_contracts::api::{Anyone, Interface, Route};
use shotengai_contracts::topology::{Installation, Service, Topology};
use shotengai_gateway::{DoorArgs, FrontGate};
use shotengai_kernel::{ManualClock, Ports, UserId};
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, Routes, app};
use shotengai_runtime::role::RouteTable;
use shotengai_runtime::settings::SettingsGroup;
use shotengai_runtime::{InternalCaller, Subject, TokenIssuer, TokenVerifier};
use tokio::sync::Semaphore;

pub(crate) const INTERNAL_TOKEN: &str = "the token of our services";
const ISSUER: &str = "shotengai";
const LIFETIME: Duration = Duration::from_secs(60);

const SLOW: Service = Service::new("slow");
const TOPOLOGY: Topology = Topology { services: &[SLOW], ..Topology::EMPTY };

/// A request's work ends when the test says so.
static WORK: Route<Anyone, (), (), ()> = Route::get("/work", SLOW, "work");
/// The same where it waits for a version.
static READ: Route<Anyone, (), (), ()> = Route::get("/read", SLOW, "read").reads(&[&api::page::MIN_VERSION]);
static SIGN_IN: Route<Anyone, (), (), ()> = Route::post("/sign-in", SLOW, "signIn").counts_as(api::RateLimit::SignIns);
const INSIDE: Route<api::Internal, (), (), ()> = Route::get("/internal/secret", SLOW, "secret");

type Call = Rc<dyn Fn(TestRequest) -> Answering>;

/// A process behind a gate with these settings.
pub(crate) struct Gated {
    call: Call,
    issuer: TokenIssuer,
    go: Arc<Semaphore>,
}

impl Gated {
    pub(crate) async fn new<const N: usize>(flags: [&str; N]) -> Self {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let issuer = TokenIssuer::new(&generate_signing_key().unwrap(), ISSUER, Arc::clone(&ports.clock)).unwrap();
        let tokens = Arc::new(TokenVerifier::fixed(&issuer.jwks(), ISSUER, Arc::clone(&ports.clock)));
        let installation = Installation::with(&[TOPOLOGY]).unwrap();
        let interface = Interface::with([&WORK as &dyn api::Endpoint, &READ, &SIGN_IN], &installation).unwrap();
        let gate = FrontGate::new(interface.clone(), Arc::clone(&tokens), &DoorArgs::from_flags(flags).unwrap());
        let state = HttpState::new(ports, tokens, &SecretString::from(INTERNAL_TOKEN));
        let state = state.with_gates(vec![Arc::new(gate)]).with_interface(interface);
        let go = Arc::new(Semaphore::new(0));
        let gone = Arc::clone(&go);
        let routes: RouteTable = Arc::new(move |routes: &mut Routes| {
            for work in [WORK, READ] {
                let gone = Arc::clone(&gone);
                routes.raw(work, move || {
                    let gone = Arc::clone(&gone);
                    async move {
                        drop(gone.acquire().await);
                        HttpResponse::Ok().body("done")
                    }
                });
            }
            routes.raw(SIGN_IN, || async { HttpResponse::Ok().finish() });
            routes.raw(INSIDE, |_: InternalCaller| async { HttpResponse::Ok().finish() });
        });
        let service = Rc::new(init_service(app(web::Data::new(state), &[routes])).await);
        let call: Call = Rc::new(move |request| {
            let answer = service.call(request.to_request());
            Box::pin(async move { Ok(answer.await?.map_body(|_, body| BoxBody::new(body.boxed()))) })
        });
        Self { call, issuer, go }
    }

    /// A token of a guest of this name, or of the administrator.
    pub(crate) fn token(&self, name: &str) -> String {
        let user = UserId::parse(&format!("usr_{name}")).unwrap();
        let subject = if name == "admin" { Subject::administrator(user) } else { Subject::guest(user) };
        self.issuer.issue(&subject, LIFETIME).unwrap()
    }

    /// Sends a request from the address 203.0.113.`from`.
    pub(crate) fn send(&self, request: TestRequest, from: u8, token: Option<&str>) -> Answering {
        let request = request.peer_addr(SocketAddr::from(([203, 0, 113, from], 1)));
        let request = match token {
            Some(token) => request.insert_header(("authorization", format!("Bearer {token}"))),
            None => request,
        };
        (self.call)(request)
    }

    /// Lets so many requests finish their work.
    pub(crate) fn finish(&self) {
        self.go.add_permits(1_000);
    }
}

pub(crate) type Answering = LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>;

//! One route table out of many roles' routes.

use std::rc::Rc;

use actix_web::guard::{self, Guard};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder};
use futures::future::LocalBoxFuture;
use serde::Serialize;
use shotengai_contracts::api::position::Position;
use shotengai_contracts::api::route::Spec;
use shotengai_contracts::api::{self, Endpoint, Route, shared};

use super::typed::{Id, Sent, Takes};
use super::{Answer, Problem, parameters};

type Configure = Box<dyn FnOnce(&mut ServiceConfig)>;

/// Routes by path. Roles may share a path, each with methods of its own.
///
/// GET answers HEAD too, OPTIONS tells the methods, another method gets 405, an unknown path 404.
#[derive(Default)]
pub struct Routes {
    data: Vec<Configure>,
    paths: Vec<Path>,
    endpoints: Vec<Box<dyn Endpoint>>,
    conflicts: Vec<String>,
    elsewhere: Option<actix_web::Route>,
}

struct Path {
    pattern: String,
    methods: Vec<Answering>,
}

struct Answering {
    method: Method,
    route: actix_web::Route,
    /// Gives way to a role of this process that answers the same.
    yields: bool,
    /// The parameters of the query string that it reads; none where another process knows, or it doesn't matter.
    reads: Option<parameters::Known>,
}

impl Routes {
    /// Makes `data` available to handlers as `web::Data<T>`.
    pub fn data<T: 'static>(&mut self, data: web::Data<T>) -> &mut Self {
        self.data.push(Box::new(move |config| {
            config.app_data(data);
        }));
        self
    }

    /// Answers a route of the interface: method and path are its, and the handler takes and answers what it says.
    /// `Cache-Control` of good answers is the route's, too; and a command's say what it has moved.
    pub fn route<W, P, B, A, F, Args, C, I, S>(&mut self, route: Route<W, P, B, A>, handler: F) -> &mut Self
    where
        Route<W, P, B, A>: Endpoint + 'static,
        A: Serialize + 'static,
        F: Handler<Args, Output = Answer<A>, Future: 'static>,
        Args: FromRequest + Takes<W, C> + Takes<Id<P>, I> + Takes<Sent<B>, S> + 'static,
    {
        let spec = *route.spec();
        self.endpoints.push(Box::new(route));
        self.add(&spec, false, Answered { handler, policy: spec.cache, positions: route.positions() })
    }

    /// Answers a route whose answer is no JSON: a page, a text, a WebSocket. The handler sets all headers itself.
    pub fn raw<W, P, B, A, F, Args, C, I, S>(&mut self, route: Route<W, P, B, A>, handler: F) -> &mut Self
    where
        Route<W, P, B, A>: Endpoint + 'static,
        F: Handler<Args>,
        Args: FromRequest + Takes<W, C> + Takes<Id<P>, I> + Takes<Sent<B>, S> + 'static,
        F::Output: Responder + 'static,
    {
        let spec = *route.spec();
        self.endpoints.push(Box::new(route));
        self.add(&spec, false, handler)
    }

    /// Answers where no role of this process answers this route.
    pub fn otherwise<F, Args>(&mut self, spec: &Spec, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(spec, true, handler)
    }

    /// Answers at paths where nothing else does, whatever the method: web pages say, which are no part of the interface. One
    /// role of a process may; a second one takes the first one's place.
    pub fn elsewhere<F, Args>(&mut self, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.elsewhere = Some(web::to(handler));
        self
    }

    /// What was registered so far.
    #[must_use]
    pub fn endpoints(&self) -> &[Box<dyn Endpoint>] {
        &self.endpoints
    }

    fn add<F, Args>(&mut self, spec: &Spec, yields: bool, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let (method, path) = (method(spec.method), spec.path);
        let route = web::route().guard(MethodGuard(method.clone())).to(handler);
        let shape = shape(path);
        let reads = if yields { None } else { parameters::known(spec) };
        let answering = Answering { method, route, yields, reads };
        let Some(known) = self.paths.iter_mut().find(|known| self::shape(&known.pattern) == shape) else {
            self.paths.push(Path { pattern: path.to_owned(), methods: vec![answering] });
            return self;
        };
        match known.methods.iter_mut().find(|taken| taken.method == answering.method) {
            None => known.methods.push(answering),
            Some(taken) if taken.yields && !yields => *taken = answering,
            Some(taken) if yields && !taken.yields => {}
            Some(_) => self.conflicts.push(format!("{} {path}", answering.method)),
        }
        self
    }

    /// Methods that more than one role wants to answer on one path. The first one registered would.
    #[must_use]
    pub fn conflicts(&self) -> &[String] {
        &self.conflicts
    }

    /// Puts everything into an actix application.
    pub fn apply(mut self, config: &mut ServiceConfig) {
        for data in self.data {
            data(config);
        }
        // The router takes the first match, so `/orders/live` has to stand before `/orders/{id}`, whoever came first.
        self.paths.sort_by_key(|path| shape(&path.pattern));
        for path in self.paths {
            path.register(config);
        }
        config.default_service(self.elsewhere.unwrap_or_else(|| web::to(|| async { unknown_path() })));
    }
}

const fn method(method: api::Method) -> Method {
    match method {
        api::Method::Get => Method::GET,
        api::Method::Post => Method::POST,
        api::Method::Put => Method::PUT,
        api::Method::Delete => Method::DELETE,
    }
}

/// A handler whose good answers say who may keep them, and what was moved.
struct Answered<F, A> {
    handler: F,
    policy: Option<&'static str>,
    positions: Option<fn(&A) -> Vec<Position>>,
}

impl<F: Clone, A> Clone for Answered<F, A> {
    fn clone(&self) -> Self {
        Self { handler: self.handler.clone(), policy: self.policy, positions: self.positions }
    }
}

impl<Args, F, A> Handler<Args> for Answered<F, A>
where
    F: Handler<Args, Output = Answer<A>, Future: 'static>,
    A: 'static,
{
    type Output = Answer<A>;
    type Future = LocalBoxFuture<'static, Answer<A>>;

    fn call(&self, args: Args) -> Self::Future {
        let (answer, policy, positions) = (self.handler.call(args), self.policy, self.positions);
        Box::pin(async move {
            let mut reply = answer.await?;
            if let Some(moved) = positions.and_then(|positions| reply.body().map(positions)) {
                reply.moved(&moved);
            }
            if let Some(policy) = policy {
                reply.cached(policy);
            }
            Ok(reply)
        })
    }
}

fn unknown_path() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("nothing is served at this path"))
}

impl Path {
    fn register(self, config: &mut ServiceConfig) {
        let allow = self.allow();
        let mut resource = web::resource(&self.pattern);
        let mut reads = Vec::new();
        for answering in self.methods {
            resource = resource.route(answering.route);
            reads.extend(answering.reads.map(|known| (answering.method, known)));
        }
        let reads: Rc<[_]> = reads.into();
        let told = allow.clone();
        let options = move || {
            let told = told.clone();
            async move { HttpResponse::NoContent().insert_header((header::ALLOW, told)).finish() }
        };
        let refused = move || {
            let allow = allow.clone();
            async move { Err::<HttpResponse, _>(wrong_method(&allow)) }
        };
        let resource =
            resource.route(web::route().guard(guard::Options()).to(options)).default_service(web::to(refused));
        config
            .service(resource.wrap(from_fn(move |request, next| parameters::check(Rc::clone(&reads), request, next))));
    }

    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.methods.iter().map(|answering| answering.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ")
    }
}

fn wrong_method(allow: &str) -> Problem {
    Problem::of(&shared::METHOD_NOT_ALLOWED).detail(format!("allowed here: {allow}")).header(header::ALLOW, allow)
}

struct MethodGuard(Method);

impl Guard for MethodGuard {
    fn check(&self, context: &guard::GuardContext<'_>) -> bool {
        let method = &context.head().method;
        *method == self.0 || (self.0 == Method::GET && *method == Method::HEAD)
    }
}

/// A path's segments without the names of its parameters. Sorts fixed segments before parameters, and those before
/// patterns that span segments.
fn shape(pattern: &str) -> Vec<(u8, String)> {
    let segment = |segment: &str| {
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match inner.map(|inner| inner.split_once(':')) {
            None => (0, segment.to_owned()),
            Some(None) => (1, String::new()),
            Some(Some((_, regex))) => (2, regex.to_owned()),
        }
    };
    pattern.split('/').map(segment).collect()
}

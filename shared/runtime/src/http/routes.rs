//! One route table out of many roles' routes.

use actix_web::guard::{self, Guard};
use actix_web::http::{Method, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route};

use super::Problem;

type Configure = Box<dyn FnOnce(&mut ServiceConfig)>;

/// Routes by path. Roles may share a path, each with methods of its own.
///
/// GET answers HEAD too, OPTIONS tells the methods, another method gets 405, an unknown path 404.
#[derive(Default)]
pub struct Routes {
    data: Vec<Configure>,
    paths: Vec<Path>,
    conflicts: Vec<String>,
}

struct Path {
    pattern: String,
    methods: Vec<Answering>,
}

struct Answering {
    method: Method,
    route: Route,
    /// Gives way to a role of this process that answers the same.
    yields: bool,
}

impl Routes {
    /// Makes `data` available to handlers as `web::Data<T>`.
    pub fn data<T: 'static>(&mut self, data: web::Data<T>) -> &mut Self {
        self.data.push(Box::new(move |config| {
            config.app_data(data);
        }));
        self
    }

    /// Answers GET and HEAD.
    pub fn get<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, path, false, handler)
    }

    /// Answers POST.
    pub fn post<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::POST, path, false, handler)
    }

    /// Answers PUT.
    pub fn put<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::PUT, path, false, handler)
    }

    /// Answers DELETE.
    pub fn delete<F, Args>(&mut self, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::DELETE, path, false, handler)
    }

    /// Answers where no role of this process answers this method on this path.
    pub fn otherwise<F, Args>(&mut self, method: Method, path: &str, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(method, path, true, handler)
    }

    fn add<F, Args>(&mut self, method: Method, path: &str, yields: bool, handler: F) -> &mut Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::route().guard(MethodGuard(method.clone())).to(handler);
        let shape = shape(path);
        let answering = Answering { method, route, yields };
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
            config.service(path.resource());
        }
        config.default_service(web::to(|| async { unknown_path() }));
    }
}

fn unknown_path() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("nothing is served at this path"))
}

impl Path {
    fn resource(self) -> Resource {
        let allow = self.allow();
        let mut resource = web::resource(&self.pattern);
        for answering in self.methods {
            resource = resource.route(answering.route);
        }
        let told = allow.clone();
        let options = move || {
            let told = told.clone();
            async move { HttpResponse::NoContent().insert_header((header::ALLOW, told)).finish() }
        };
        let refused = move || {
            let allow = allow.clone();
            async move { Err::<HttpResponse, _>(wrong_method(&allow)) }
        };
        resource.route(web::route().guard(guard::Options()).to(options)).default_service(web::to(refused))
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
    Problem::new(actix_web::http::StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")
        .detail(format!("allowed here: {allow}"))
        .header(header::ALLOW, allow)
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

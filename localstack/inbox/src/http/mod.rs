//! The reading half: Mailpit's API v1, probes, and one page for people.

mod api;
mod files;
mod hosts;
mod list;
mod page;
mod readers;
mod refusal;
mod view;

use std::{io, net::TcpListener};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    http::header::ContentType,
    middleware::{Condition, DefaultHeaders, from_fn},
    web::{self, Data, ServiceConfig},
};

use self::{readers::Readers, refusal::Refusal};
use crate::store::InboxStore;

/// Lists of ids of a full inbox fit well within.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The server on a bound listener; it serves once polled. Pages of the origins in `shown_by` may read and frame mail.
pub(crate) fn server(listener: TcpListener, store: InboxStore, shown_by: Vec<String>) -> io::Result<Server> {
    let (store, readers) = (Data::new(store), Data::new(Readers::new(shown_by)));
    let on_loopback = listener.local_addr()?.ip().is_loopback();
    let server = HttpServer::new(move || {
        // What a message contains is not to be trusted by the browser that shows it.
        let headers = DefaultHeaders::new()
            .add(("Cache-Control", "no-store"))
            .add(("Referrer-Policy", "no-referrer"))
            .add(("X-Content-Type-Options", "nosniff"))
            .add(("Content-Security-Policy", page::CONTENT_SECURITY_POLICY));
        App::new()
            .app_data(Data::clone(&store))
            .app_data(Data::clone(&readers))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .wrap(from_fn(readers::may_read))
            .wrap(Condition::new(on_loopback, from_fn(hosts::of_this_machine)))
            .wrap(headers)
            .configure(routes)
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(page::page))
        .route("/view/{id}.html", web::get().to(view::view))
        .route("/livez", web::get().to(alive))
        .route("/readyz", web::get().to(alive))
        .service(web::resource("/api/v1/messages").get(list::list).put(list::set_read).delete(list::delete))
        .service(web::resource("/api/v1/search").get(list::search).delete(list::delete_search))
        .route("/api/v1/info", web::get().to(api::info))
        .route("/api/v1/message/{id}", web::get().to(api::message))
        .route("/api/v1/message/{id}/headers", web::get().to(api::headers))
        .route("/api/v1/message/{id}/raw", web::get().to(files::raw))
        .route("/api/v1/message/{id}/part/{part}", web::get().to(files::part))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(Refusal::NotFound) }));
}

async fn alive() -> HttpResponse {
    ok()
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok")
}

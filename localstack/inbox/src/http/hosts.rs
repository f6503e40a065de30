//! Host names by which a browser may read mail: a check against DNS rebinding, by which a page of another site would be of
//! our origin.

use std::net::IpAddr;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{header::HOST, uri::Authority},
    middleware::Next,
};

use super::refusal::Refusal;

/// Refuses what was sent to a name that some DNS server may have led here. For a listener on loopback.
pub(super) async fn of_this_machine(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let host = request.headers().get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    if host.is_some_and(|host| is_of_this_machine(host.host())) {
        return next.call(request).await;
    }
    Err(Refusal::Host.into())
}

fn is_of_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

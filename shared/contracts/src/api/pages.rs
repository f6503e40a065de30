//! Web pages.

use super::route::Media;
use super::{Anyone, Route};
use crate::topology::Service;

const TAG: &str = "pages";

/// The shop's first page. All pages are one application; the others' addresses are no part of this interface.
pub const HOME_PAGE: Route<Anyone, (), (), ()> = Route::get("/", Service::STOREFRONT, "getHomePage")
    .about(TAG, "The shop", "The first of the web pages: shop, live tally, the administrator's desk, operations.")
    .cached("no-cache")
    .media(Media::Html);

/// The rivals' page, at the path it had first.
pub const TALLY_PAGE: Route<Anyone, (), (), ()> = Route::get("/tally/", Service::STOREFRONT, "getTallyPage")
    .about(TAG, "The live page, at the path it had first", "Leads on to `/live`.")
    .cached("no-cache")
    .media(Media::Html);

//! Web pages.

use super::route::Media;
use super::{Anyone, Route};
use crate::topology::Service;

const TAG: &str = "pages";

/// The rivals' page.
pub const HOME_PAGE: Route<Anyone, (), (), ()> = Route::get("/", Service::STOREFRONT, "getHomePage")
    .about(TAG, "The live page", "Two sweets, two buttons, a bar that moves.")
    .cached("no-cache")
    .media(Media::Html);

/// The rivals' page, at the path it had first.
pub const TALLY_PAGE: Route<Anyone, (), (), ()> = Route::get("/tally/", Service::STOREFRONT, "getTallyPage")
    .about(TAG, "The live page, at its other path", "")
    .cached("no-cache")
    .media(Media::Html);

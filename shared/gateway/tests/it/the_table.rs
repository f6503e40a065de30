//! What the door forwards is what the interface declares, all of it and nothing else.

use std::collections::BTreeSet;

use shotengai_contracts::api::route::Holds;
use shotengai_contracts::api::{Audience, INTERNAL, Interface, PUBLIC, RateLimit};
use shotengai_contracts::topology::{Purpose, SHOTENGAI, Service};

#[test]
fn every_public_route_is_of_one_installed_role() {
    let interface = Interface::default();
    let listed: usize = SHOTENGAI.services.iter().map(|service| interface.of(*service).count()).sum();
    assert_eq!(listed, PUBLIC.len());
    for role in [Service::ORDER, Service::CATALOG, Service::INVENTORY, Service::QUERY, Service::TALLY, Service::OPS] {
        assert!(interface.of(role).next().is_some(), "{role} has routes");
    }
}

#[test]
fn the_topology_names_every_role_that_is_forwarded_to() {
    let forwards = SHOTENGAI.calls.iter().filter(|call| call.purpose == Purpose::Forward);
    let named: BTreeSet<_> =
        forwards.inspect(|call| assert_eq!(call.from, Service::STOREFRONT)).map(|call| call.to).collect();
    let roles: BTreeSet<_> = PUBLIC.iter().map(|route| route.spec().role).collect();
    assert_eq!(roles.into_iter().filter(|role| *role != Service::STOREFRONT).collect::<BTreeSet<_>>(), named);
}

#[test]
fn nothing_internal_is_forwarded() {
    assert!(Interface::default().specs().all(|spec| !spec.path.starts_with("/internal")));
    assert!(INTERNAL.iter().all(|route| route.spec().path.starts_with("/internal/")));
}

/// What each route counts against and holds: `docs/limits.md` has the bounds. A route that is not here fails the test.
const ADMISSION: &[(&str, RateLimit, Holds)] = {
    use Holds::{Connection, Place, PlaceOrWait};
    use RateLimit::{Calls, SignIns};
    &[
        ("openGuest", SignIns, Place),
        ("register", SignIns, Place),
        ("logIn", SignIns, Place),
        ("refresh", SignIns, Place),
        ("logOut", SignIns, Place),
        ("changePassword", SignIns, Place),
        ("getMe", Calls, Place),
        ("getKeys", Calls, Place),
        ("listCustomers", Calls, Place),
        ("eraseCustomer", Calls, Place),
        ("listCustomerSummaries", Calls, PlaceOrWait),
        ("getCustomerSummary", Calls, PlaceOrWait),
        ("listProducts", Calls, PlaceOrWait),
        ("getProduct", Calls, PlaceOrWait),
        ("searchProducts", Calls, PlaceOrWait),
        ("suggestProducts", Calls, PlaceOrWait),
        ("createProduct", Calls, Place),
        ("changeProduct", Calls, Place),
        ("deleteProduct", Calls, Place),
        ("restoreProduct", Calls, Place),
        ("listProductPrices", Calls, Place),
        ("createProductImage", Calls, Place),
        ("listProductImages", Calls, Place),
        ("deleteProductImage", Calls, Place),
        ("addStock", Calls, Place),
        ("listInventory", Calls, PlaceOrWait),
        ("getCart", Calls, Place),
        ("addToCart", Calls, Place),
        ("changeCartItem", Calls, Place),
        ("removeFromCart", Calls, Place),
        ("clearCart", Calls, Place),
        ("mergeCart", Calls, Place),
        ("listCarts", Calls, PlaceOrWait),
        ("placeOrder", Calls, Place),
        ("listOrders", Calls, PlaceOrWait),
        ("getOrder", Calls, PlaceOrWait),
        ("listOrderEvents", Calls, Place),
        ("listOrderHistory", Calls, Place),
        ("getOrderJourney", Calls, Place),
        ("getOrderReceipt", Calls, Place),
        ("getOrderPayment", Calls, PlaceOrWait),
        ("cancelOrder", Calls, Place),
        ("shipOrder", Calls, Place),
        ("refundOrder", Calls, Place),
        ("listPayments", Calls, PlaceOrWait),
        ("getTally", Calls, Place),
        ("watchTally", Calls, Connection),
        ("getTallyRivals", Calls, Place),
        ("changeTallyRivals", Calls, Place),
        ("getStreet", Calls, Place),
        ("watchSteps", Calls, Connection),
        ("listDeadLetters", Calls, Place),
        ("listLetters", Calls, Place),
        ("uncoverLetter", Calls, Place),
        ("rehearseLetters", Calls, Place),
        ("redriveLetters", Calls, Place),
        ("discardLetters", Calls, Place),
        ("listRuns", Calls, Place),
        ("getRun", Calls, Place),
        ("pauseConsumer", Calls, Place),
        ("explainOrder", Calls, Place),
        ("listRecords", Calls, Place),
        ("getTallyPage", Calls, Place),
        ("getHomePage", Calls, Place),
        ("listProblems", Calls, Place),
        ("getProblem", Calls, Place),
        ("getOpenApi", Calls, Place),
        ("getDocs", Calls, Place),
    ]
};

#[test]
fn every_route_has_a_class_of_admission() {
    let interface = Interface::default();
    let routes: Vec<_> = interface.specs().map(|spec| (spec.name, spec.rate_limit, spec.holds())).collect();
    assert_eq!(routes, ADMISSION);
}

/// Whoever hands out tokens, or lets somebody try a password, counts as a sign-in.
#[test]
fn who_needs_no_token_changes_nothing_but_by_signing_in() {
    for spec in Interface::default().specs() {
        let open = spec.audience == Audience::Anyone && !spec.method.is_safe();
        // Of those with a token one tries passwords, too.
        assert_eq!(open || spec.name == "changePassword", spec.rate_limit == RateLimit::SignIns, "{}", spec.name);
    }
}

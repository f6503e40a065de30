//! The rows: what each public route answers whom. A route that has none fails the test.

/// A route, a request to it, and the status for each kind of caller.
pub(super) struct Row {
    pub(super) route: &'static str,
    pub(super) path: &'static str,
    pub(super) body: Option<&'static str>,
    /// `If-Match`, where it is needed.
    pub(super) at: Option<&'static str>,
    pub(super) nobody: u16,
    pub(super) guest: u16,
    pub(super) owner: u16,
    pub(super) other: u16,
    pub(super) administrator: u16,
}

const fn row(route: &'static str, path: &'static str, nobody: u16, good: [u16; 4]) -> Row {
    let [guest, owner, other, administrator] = good;
    Row { route, path, body: None, at: None, nobody, guest, owner, other, administrator }
}

/// Everybody gets the same.
const fn open(route: &'static str, path: &'static str, status: u16) -> Row {
    row(route, path, status, [status; 4])
}

/// Customers may not.
const fn administrators(route: &'static str, path: &'static str, status: u16) -> Row {
    row(route, path, 401, [403, 403, 403, status])
}

impl Row {
    const fn sending(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn at(self, version: &'static str) -> Self {
        Self { at: Some(version), ..self }
    }
}

pub(super) const ROUTES: &[Row] = &[
    open("openGuest", "/auth/guest", 201).sending("{}"),
    row("register", "/auth/register", 202, [202, 409, 409, 409])
        .sending(r#"{"email":"owner@example.com","password":"not the owner"}"#),
    open("logIn", "/auth/login", 200).sending(r#"{"email":"other@example.com","password":"kinoko and takenoko"}"#),
    open("refresh", "/auth/refresh", 401),
    open("logOut", "/auth/logout", 204),
    row("changePassword", "/auth/password", 401, [409, 422, 422, 409])
        .sending(r#"{"password":"not theirs","new_password":"takenoko and kinoko"}"#),
    row("getMe", "/auth/me", 401, [200; 4]),
    open("getKeys", "/.well-known/jwks.json", 200),
    administrators("listCustomers", "/customers", 200),
    row("eraseCustomer", "/customers/usr_nobody", 401, [404, 404, 404, 204]),
    administrators("listCustomerSummaries", "/customers/summaries", 200),
    administrators("getCustomerSummary", "/customers/{owner}/summary", 200),
    open("listProducts", "/products", 200),
    open("getProduct", "/products/{product}", 200),
    open("searchProducts", "/search/products?q=kinoko", 200),
    open("suggestProducts", "/search/suggestions?q=kinoko", 200),
    administrators("createProduct", "/products", 201)
        .sending(r#"{"product_id":"prod_new","name":"New","description":"","price":1,"stock":1}"#),
    administrators("changeProduct", "/products/{product}", 202)
        .at("*")
        .sending(r#"{"name":"New","description":"","price":1}"#),
    administrators("deleteProduct", "/products/prod_nobodys", 404).at("*"),
    administrators("restoreProduct", "/products/prod_nobodys/restore", 404).at("*"),
    administrators("listProductPrices", "/products/{product}/prices", 200),
    administrators("createProductImage", "/products/{product}/images", 201)
        .sending(r#"{"content_type":"image/png","size":1}"#),
    open("listProductImages", "/products/{product}/images", 200),
    administrators("deleteProductImage", "/products/{product}/images/img_none", 404),
    administrators("addStock", "/products/{product}/stock", 202).sending(r#"{"quantity":1}"#),
    administrators("listInventory", "/inventory", 200),
    row("getCart", "/cart", 401, [200; 4]),
    row("addToCart", "/cart/items", 401, [200; 4]).sending(r#"{"product_id":"{product}","quantity":1}"#),
    row("changeCartItem", "/cart/items/{product}", 401, [200; 4]).at("*").sending(r#"{"quantity":2}"#),
    row("removeFromCart", "/cart/items/{product}", 401, [200; 4]).at("*"),
    row("clearCart", "/cart", 401, [200; 4]).at("*"),
    row("mergeCart", "/cart/merge", 401, [422; 4]).sending(r#"{"guest_token":"none"}"#),
    administrators("listCarts", "/carts", 200),
    row("placeOrder", "/orders", 401, [422; 4]).sending(r#"{"items":[{"product_id":"prod_nobodys","quantity":1}]}"#),
    row("listOrders", "/orders", 401, [200; 4]),
    row("getOrder", "/orders/{order}", 401, [404, 200, 404, 200]),
    row("listOrderEvents", "/orders/{order}/events", 401, [404, 200, 404, 200]),
    row("listOrderHistory", "/orders/{order}/history", 401, [404, 200, 404, 200]),
    row("getOrderJourney", "/orders/{order}/journey", 401, [404, 200, 404, 200]),
    administrators("getOrderReceipt", "/orders/{order}/receipt", 200),
    row("getOrderPayment", "/orders/{order}/payment", 401, [404, 200, 404, 200]),
    administrators("listPayments", "/payments", 200),
    row("shipOrder", "/orders/{order}/ship", 401, [403, 403, 403, 202]),
    administrators("refundOrder", "/orders/{order}/refund", 202).sending(r#"{"amount":1,"reason":"sorry"}"#),
    row("cancelOrder", "/orders/{order}/cancel", 401, [404, 409, 404, 409]).sending(r#"{"reason":"too late"}"#),
    open("getTally", "/tally", 200),
    open("watchTally", "/tally/live", 426),
    open("getTallyRivals", "/tally/rivals", 200),
    administrators("changeTallyRivals", "/tally/rivals", 200)
        .at("*")
        .sending(r#"{"first":"prod_kinoko","second":"prod_nobodys"}"#),
    administrators("getStreet", "/ops/street", 200),
    administrators("watchSteps", "/ops/steps", 426),
    administrators("listDeadLetters", "/ops/dead-letters", 200),
    administrators("listLetters", "/ops/dead-letters/order-dlq", 200),
    administrators("uncoverLetter", "/ops/dead-letters/order-dlq/none/uncover", 404).sending(r#"{"reason":"a look"}"#),
    administrators("rehearseLetters", "/ops/rehearsals", 200).sending(r#"{"queue":"order-dlq","letters":["none"]}"#),
    administrators("redriveLetters", "/ops/redrives", 202)
        .sending(r#"{"queue":"order-dlq","reason":"it works again"}"#),
    administrators("discardLetters", "/ops/discards", 202)
        .sending(r#"{"queue":"tally-dlq","reason":"nobody wants them"}"#),
    administrators("listRuns", "/ops/runs", 200),
    administrators("getRun", "/ops/runs/0190d3a1-7a4c-7c3e-9b1a-0123456789ab", 404),
    administrators("pauseConsumer", "/ops/consumers/tally-queue", 200)
        .sending(r#"{"paused":false,"reason":"it may go on"}"#),
    administrators("explainOrder", "/ops/orders/{order}/explanation", 200),
    administrators("listRecords", "/ops/records", 200),
    open("getTallyPage", "/tally/", 200),
    open("getHomePage", "/", 200),
    open("listProblems", "/problems", 200),
    open("getProblem", "/problems/not-found", 200),
    open("getOpenApi", "/openapi.json", 200),
    open("getDocs", "/docs", 200),
];

//! A street as it would be without batches of messages: every receive brings one.

use serde_json::json;
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule};

/// Stands between processes and the local AWS and has each receive ask for one message, so that each is handled, and
/// deleted, by calls of its own.
pub(crate) struct OneMessage(Proxy);

impl OneMessage {
    /// Before this local AWS.
    pub(crate) async fn before(endpoint_url: &str) -> Self {
        let proxy = Proxy::start(endpoint_url).await;
        let receives = Rule::when(|exchange| exchange.is("sqs", "ReceiveMessage"));
        proxy.rule(receives.act(Action::change(ask_for_one)));
        Self(proxy)
    }

    /// What takes the local AWS's place.
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }
}

fn ask_for_one(exchange: &mut Exchange) {
    let mut body = exchange.json();
    body["MaxNumberOfMessages"] = json!(1);
    exchange.body = body.to_string().into();
}

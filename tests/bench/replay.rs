//! Requests that were recorded, sent again to another local AWS.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use shotengai_runtime::direct_http;
use shotengai_tests::proxy::Exchange;

/// What is called otherwise in another installation.
pub(crate) struct Names {
    /// Twelve digits, also within prefixes.
    pub(crate) account: String,
    /// Where processes find their AWS.
    pub(crate) url: String,
    /// Where it is.
    pub(crate) local_aws_url: String,
}

/// Sends what was recorded.
pub(crate) struct Replay {
    client: reqwest::Client,
    base: String,
    /// From recorded names to those here.
    renamed: Vec<(String, String)>,
    /// What was received here and not deleted, by queue.
    receipts: Mutex<BTreeMap<String, Vec<Value>>>,
}

impl Replay {
    /// From one installation to another.
    pub(crate) fn new(recorded: Names, here: &Names) -> Self {
        let renamed = vec![
            (recorded.account, here.account.clone()),
            (recorded.url, here.url.clone()),
            (recorded.local_aws_url, here.url.clone()),
        ];
        let client = direct_http().build().unwrap();
        Self { client, base: here.local_aws_url.clone(), renamed, receipts: Mutex::default() }
    }

    /// Sends one; answers whether it was answered with success.
    pub(crate) async fn send(&self, exchange: Exchange) -> bool {
        let mut body = self.rename(&exchange.text());
        let is_receive = exchange.is("sqs", "ReceiveMessage");
        let mut queue = String::new();
        if exchange.service == "sqs" {
            let mut asked: Value = serde_json::from_str(&body).unwrap_or_default();
            asked["QueueUrl"].as_str().unwrap_or_default().clone_into(&mut queue);
            if is_receive {
                asked["WaitTimeSeconds"] = json!(0);
            }
            self.put_receipts(&queue, &mut asked);
            body = asked.to_string();
        }
        let url = format!("{}{}", self.base, exchange.path);
        let headers = self.headers(&exchange.headers);
        let Ok(answer) = self.client.request(exchange.method, url).headers(headers).body(body).send().await else {
            return false;
        };
        let well = answer.status().is_success();
        let Ok(text) = answer.bytes().await else { return false };
        if is_receive {
            self.keep_receipts(queue, &text);
        }
        well
    }

    fn rename(&self, text: &str) -> String {
        self.renamed.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    fn headers(&self, recorded: &HeaderMap) -> HeaderMap {
        let mut headers = recorded.clone();
        for name in [HOST, CONTENT_LENGTH, CONNECTION] {
            headers.remove(name);
        }
        // The local AWS takes the account from it, and does not look at the signature.
        if let Some(signed) = recorded.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(&self.rename(signed)).unwrap());
        }
        headers
    }

    fn keep_receipts(&self, queue: String, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let messages = answer["Messages"].as_array().into_iter().flatten();
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        receipts.entry(queue).or_default().extend(messages.map(|message| message["ReceiptHandle"].clone()));
    }

    /// What is deleted, or hidden for longer, is what was received here: one receipt an entry, as long as there are any.
    fn put_receipts(&self, queue: &str, asked: &mut Value) {
        let Some(entries) = asked["Entries"].as_array_mut() else { return };
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(receipts) = receipts.get_mut(queue) else { return };
        for entry in entries.iter_mut().filter(|entry| entry.get("ReceiptHandle").is_some()) {
            if let Some(receipt) = receipts.pop() {
                entry["ReceiptHandle"] = receipt;
            }
        }
    }
}

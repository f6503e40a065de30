//! What the two rivals have sold, for those who read the live page without a script.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use shotengai_contracts::api::rivals::Rivals;
use shotengai_contracts::api::tally::Tally;
use shotengai_contracts::api::{TALLY, TALLY_RIVALS};
use shotengai_contracts::topology::Service;
use shotengai_messaging::{Fault, FaultKind, SharedRead};
use shotengai_runtime::{Context, Neighbour};
use tokio::time::Instant;

use super::escaped;

const OPERATION: &str = "tally.totals";
/// The page comes with older numbers, or without any, rather than later than this.
const WITHIN: Duration = Duration::from_millis(300);
/// How old they may be. Tally is asked once in this time, however many pages are asked for.
const FRESH: Duration = Duration::from_secs(1);
/// Instead of numbers, as long as there have been none.
const NONE_YET: &str = "<p class=\"noscript\">いまは数がわかりません。 The numbers can't be had just now. \
    <a href=\"/live\">更新 / Reload</a></p>";

/// Asks tally.
pub(super) struct Numbers {
    tally: Neighbour,
    /// As they stand in the page.
    shared: SharedRead<String>,
    /// The last there were; they say themselves of when they are.
    last: Mutex<Option<String>>,
}

impl Numbers {
    /// Numbers of the tally where this process knows one; else it runs in this process, and answers at our own address.
    pub(super) fn new(context: &Context) -> Self {
        let elsewhere = context.settings.neighbours.roles.contains_key(&Service::TALLY);
        Self::of(context.neighbour(if elsewhere { Service::TALLY } else { Service::STOREFRONT }))
    }

    fn of(tally: Neighbour) -> Self {
        Self { tally, shared: SharedRead::default(), last: Mutex::default() }
    }

    /// A table of them; the last there was where tally does not answer in time, and a word where there was none.
    pub(super) async fn now(&self) -> String {
        let now = Instant::now();
        let since = now.checked_sub(FRESH).unwrap_or(now);
        let read = self.shared.since(since, async || self.read().await).await;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(numbers) => last.insert((*numbers).clone()).clone(),
            Err(fault) => {
                tracing::debug!(%fault, "the live page goes without new numbers");
                last.clone().unwrap_or_else(|| NONE_YET.to_owned())
            }
        }
    }

    async fn read(&self) -> Result<String, Fault> {
        let (rivals, tally) = tokio::try_join!(self.get(TALLY_RIVALS.spec().path), self.get(TALLY.spec().path))?;
        Ok(table(&rivals, &tally))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        let answer = self.tally.get(OPERATION, path, WITHIN).await?;
        if !answer.status.is_success() {
            return Err(answer.refusal(OPERATION));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| Fault::new(FaultKind::Permanent, OPERATION, "its answer can't be read"))
    }
}

/// In both languages: without a script nobody chooses one.
fn table(rivals: &Rivals, tally: &Tally) -> String {
    let mut rows = String::new();
    for rival in [&rivals.first, &rivals.second] {
        let sold = tally.products.iter().find(|product| product.product_id == *rival);
        let (name, net) = sold.map_or((rival.as_str(), 0), |product| (product.name.as_str(), product.net));
        // A string takes everything.
        let _ = write!(rows, "<tr><th scope=\"row\">{}</th><td>{net}</td></tr>", escaped(name));
    }
    format!(
        "<table class=\"noscript\"><caption>お買い上げの数 / Sold so far</caption>{rows}</table>\
         <p class=\"noscript\"><time datetime=\"{at}\">{at}</time> <a href=\"/live\">更新 / Reload</a></p>",
        at = tally.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use shotengai_kit::FakeNeighbours;

    use super::*;

    fn over(answers: &[(&str, u16, Value)]) -> (Arc<FakeNeighbours>, Numbers) {
        let neighbours = Arc::new(FakeNeighbours::default());
        for (path, status, body) in answers {
            neighbours.answers(Service::TALLY, *path, *status, body);
        }
        let numbers = Numbers::of(Neighbour::new(Service::TALLY, Arc::clone(&neighbours) as _));
        (neighbours, numbers)
    }

    fn rivals() -> (&'static str, u16, Value) {
        ("/tally/rivals", 200, json!({ "first": "prod_a", "second": "prod_b", "version": 1 }))
    }

    fn totals() -> (&'static str, u16, Value) {
        let product = json!({ "product_id": "prod_a", "name": "<b>\"A\" & co</b>", "sold": 5, "returned": 2, "net": 3, "orders": 4 });
        ("/tally", 200, json!({ "products": [product], "at": "2026-11-28T12:34:56.789Z" }))
    }

    #[tokio::test(start_paused = true)]
    async fn tally_is_asked_once_a_second_and_names_are_text() {
        let (neighbours, numbers) = over(&[rivals(), totals()]);
        let told = numbers.now().await;
        assert!(told.contains("<th scope=\"row\">&lt;b>&quot;A&quot; &amp; co&lt;/b></th><td>3</td>"), "{told}");
        assert!(told.contains("<th scope=\"row\">prod_b</th><td>0</td>"), "what nobody bought is there too: {told}");
        assert!(told.contains("2026-11-28T12:34:56Z"), "{told}");
        assert_eq!(numbers.now().await, told);
        assert_eq!(neighbours.times_asked(), 2, "the rivals and the totals");
        tokio::time::advance(FRESH * 2).await;
        numbers.now().await;
        assert_eq!(neighbours.times_asked(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tally_that_does_not_answer_leaves_the_page_with_the_last_numbers_and_their_time() {
        let (neighbours, numbers) = over(&[rivals(), totals()]);
        let told = numbers.now().await;
        neighbours.set_away(true);
        tokio::time::advance(FRESH * 2).await;
        assert_eq!(numbers.now().await, told);
    }

    #[tokio::test(start_paused = true)]
    async fn without_any_numbers_the_page_says_so() {
        let (neighbours, numbers) = over(&[rivals(), totals()]);
        neighbours.set_away(true);
        assert_eq!(numbers.now().await, NONE_YET);
        for (status, body) in [(200, json!({})), (503, json!({}))] {
            let (_, numbers) = over(&[rivals(), ("/tally", status, body)]);
            assert_eq!(numbers.now().await, NONE_YET);
        }
        neighbours.set_away(false);
        tokio::time::advance(FRESH * 2).await;
        assert!(numbers.now().await.contains("<td>3</td>"));
    }
}

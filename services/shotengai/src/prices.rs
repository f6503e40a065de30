//! `shotengai prices put`: prices, put into the price stream.
//!
//! Exit codes: 1 when the stream did not take all of them; 2 when it could not be done.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use shotengai_contracts::topology::PRICE_STREAM;
use shotengai_kernel::{Decimal, Ports, ProductId};
use shotengai_messaging::ports::stream::PUT_MAX_RECORDS;
use shotengai_messaging::{Backoff, Fault, Infrastructure, StreamRecord, StreamWriter};

use crate::help;
use crate::target::Target;

/// How often what the stream has not taken is put again.
const TRIES: u32 = 8;
/// So many faults of a file are named one by one.
const NAMED_FAULTS: usize = 20;

/// What is done with prices.
#[derive(Args)]
pub(crate) struct PricesArgs {
    #[command(subcommand)]
    command: PricesCommand,
}

#[derive(Subcommand)]
enum PricesCommand {
    #[command(after_help = help::PRICES_PUT)]
    /// Put prices into the stream ProductPricesStream, from which catalog takes them
    Put(PutArgs),
}

#[derive(Args)]
struct PutArgs {
    /// The product
    #[arg(required_unless_present = "file", requires = "price", conflicts_with = "file")]
    product: Option<ProductId>,
    /// Price of one piece, in major units of the shop's currency
    #[arg(value_parser = price)]
    price: Option<String>,
    /// A file of lines with a product and a price each; - is the standard input
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// A price of a product, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Price {
    product: ProductId,
    text: String,
}

impl Price {
    /// The record that catalog reads. Its key keeps the prices of a product in order.
    fn record(&self) -> StreamRecord {
        // An id needs no escaping, and the price is a JSON number as it stands.
        let data = format!(r#"{{"product_id":"{}","price":{}}}"#, self.product, self.text).into_bytes();
        StreamRecord { key: self.product.to_string(), data }
    }
}

pub(crate) async fn run(args: PricesArgs) -> anyhow::Result<ExitCode> {
    let PricesCommand::Put(PutArgs { product, price, file, target }) = args.command;
    let prices = match (product, price, file) {
        (Some(product), Some(text), None) => vec![Price { product, text }],
        (_, _, Some(path)) => lines(&contents(&path)?)?,
        _ => bail!("a product and its price, or --file"),
    };
    let aws = target.connect().await?;
    let taken = put(aws.price_writer().as_ref(), &prices, &Ports::system()).await;
    let all = prices.len();
    match taken {
        Ok(()) => {
            say!("{all} prices put into {PRICE_STREAM}");
            Ok(ExitCode::SUCCESS)
        }
        Err(Untaken { taken, fault }) => {
            say!("{taken} of {all} prices put into {PRICE_STREAM}; those behind them were not tried: {fault}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A price in words that JSON has for numbers, not below zero.
fn price(text: &str) -> Result<String, String> {
    match Decimal::parse(text) {
        Ok(_) if !text.starts_with('-') => Ok(text.to_owned()),
        Ok(_) => Err("must not be below zero".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn contents(path: &Path) -> anyhow::Result<String> {
    if path.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin()).context("the standard input can't be read");
    }
    std::fs::read_to_string(path).with_context(|| format!("--file: {} can't be read", path.display()))
}

/// The prices of a file. Nothing is put where a line is none.
fn lines(text: &str) -> anyhow::Result<Vec<Price>> {
    let (mut prices, mut faults, mut count) = (Vec::new(), String::new(), 0_usize);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match parsed(line) {
            Ok(price) => prices.push(price),
            Err(why) => {
                count += 1;
                if count <= NAMED_FAULTS {
                    let _infallible = write!(faults, "\n  line {}: {why}", at + 1);
                }
            }
        }
    }
    if count > 0 {
        bail!("--file: {count} lines are no prices; nothing was put{faults}");
    }
    Ok(prices)
}

fn parsed(line: &str) -> Result<Price, String> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [product, text] = words[..] else { return Err("wants a product and a price".to_owned()) };
    let product = product.parse().map_err(|error| format!("the product {error}"))?;
    let text = price(text).map_err(|error| format!("the price {error}"))?;
    Ok(Price { product, text })
}

/// So many first prices were taken.
#[derive(Debug)]
struct Untaken {
    taken: usize,
    fault: Fault,
}

/// Puts prices in their order. A call has no product twice: what the stream refuses of a call comes later than the rest, and must
/// not stand behind a later price of the same product.
async fn put(writer: &dyn StreamWriter, prices: &[Price], ports: &Ports) -> Result<(), Untaken> {
    let mut taken = 0;
    for call in calls(prices) {
        put_call(writer, call, ports).await.map_err(|fault| Untaken { taken, fault })?;
        taken += call.len();
    }
    Ok(())
}

fn calls(prices: &[Price]) -> Vec<&[Price]> {
    let (mut calls, mut begin, mut products) = (Vec::new(), 0, BTreeSet::new());
    for (at, price) in prices.iter().enumerate() {
        if at - begin == PUT_MAX_RECORDS || products.contains(&price.product) {
            calls.extend(prices.get(begin..at));
            begin = at;
            products.clear();
        }
        products.insert(&price.product);
    }
    calls.extend(prices.get(begin..).filter(|rest| !rest.is_empty()));
    calls
}

async fn put_call(writer: &dyn StreamWriter, call: &[Price], ports: &Ports) -> Result<(), Fault> {
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut left: Vec<_> = call.iter().map(Price::record).collect();
    let mut tries = 0;
    loop {
        let fault = match writer.put(&left).await {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                let mut last = None;
                // A record without an answer is not taken.
                left.retain(|_| match answers.next() {
                    Some(Ok(())) => false,
                    Some(Err(fault)) => {
                        last = Some(fault);
                        true
                    }
                    None => true,
                });
                last
            }
            Err(fault) => Some(fault),
        };
        if left.is_empty() {
            return Ok(());
        }
        tries += 1;
        if let Some(fault) = fault.filter(|fault| tries >= TRIES || !fault.is_retryable()) {
            return Err(fault);
        }
        tokio::time::sleep(backoff.delay(tries, ports.random.as_ref())).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use shotengai_messaging::FaultKind;

    use super::*;

    fn prices(given: &[(&str, &str)]) -> Vec<Price> {
        let of = |(product, text): &(&str, &str)| Price { product: product.parse().unwrap(), text: (*text).to_owned() };
        given.iter().map(of).collect()
    }

    #[test]
    fn a_file_is_read_line_by_line_and_every_bad_line_is_named() {
        let text = "# of today\nprod_001 29.99\n\n  prod_002\t3e2  \n";
        assert_eq!(lines(text).unwrap(), prices(&[("prod_001", "29.99"), ("prod_002", "3e2")]));
        let fault = lines("prod_1 1\n1 1\nprod_1 -1\nprod_1 1 1\nprod_1 01\n").unwrap_err().to_string();
        assert!(fault.contains("4 lines") && fault.contains("line 2: ") && fault.contains("line 5: "), "{fault}");
    }

    #[test]
    fn a_record_is_what_the_documents_show() {
        let record = prices(&[("prod_001", "29.99")])[0].record();
        assert_eq!(record.key, "prod_001");
        assert_eq!(String::from_utf8(record.data).unwrap(), r#"{"product_id":"prod_001","price":29.99}"#);
    }

    #[test]
    fn a_call_has_no_product_twice() {
        let all = prices(&[("prod_1", "1"), ("prod_2", "1"), ("prod_1", "2"), ("prod_1", "3"), ("prod_2", "2")]);
        let sizes: Vec<_> = calls(&all).iter().map(|call| call.len()).collect();
        assert_eq!(sizes, [2, 1, 2]);
        assert!(calls(&[]).is_empty());
    }

    /// Refuses the first record of each call once, and takes the others.
    #[derive(Default)]
    struct Picky(Mutex<(Vec<String>, BTreeSet<String>)>);

    #[async_trait]
    impl StreamWriter for Picky {
        async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
            let mut guard = self.0.lock().unwrap();
            let (taken, refused) = &mut *guard;
            let answer = |(at, record): (usize, &StreamRecord)| {
                let text = String::from_utf8(record.data.clone()).unwrap();
                if at == 0 && refused.insert(text.clone()) {
                    return Err(Fault::new(FaultKind::Throttled, "stream.put", "busy"));
                }
                taken.push(text);
                Ok(())
            };
            Ok(records.iter().enumerate().map(answer).collect())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_at_first_never_comes_behind_a_later_price_of_its_product() {
        let all = prices(&[("prod_1", "1"), ("prod_2", "7"), ("prod_1", "2"), ("prod_2", "8")]);
        let writer = Picky::default();
        put(&writer, &all, &Ports::system()).await.unwrap();
        let taken = writer.0.lock().unwrap().0.clone();
        let of = |product: &str| taken.iter().filter(|text| text.contains(product)).cloned().collect::<Vec<_>>();
        assert_eq!(taken.len(), 4);
        assert!(of("prod_1")[0].ends_with(":1}") && of("prod_1")[1].ends_with(":2}"), "{taken:?}");
        assert!(of("prod_2")[0].ends_with(":7}") && of("prod_2")[1].ends_with(":8}"), "{taken:?}");
    }
}

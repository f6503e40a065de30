//! `shotengai order receipt`: what an order cost, as a running street tells its administrator.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use shotengai_contracts::api;
use shotengai_contracts::api::receipt::{OrderReceipt, ReceiptLine};
use shotengai_kernel::OrderId;

use super::Asked;
use crate::cli::Output;

#[derive(Args)]
pub(super) struct ReceiptArgs {
    /// Which order
    #[arg(value_name = "ORDER")]
    order: OrderId,
    /// The region whose list prices count; default: the street's own, if the table of prices has it
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    asked: Asked,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

pub(super) async fn run(args: ReceiptArgs) -> anyhow::Result<ExitCode> {
    let desk = args.asked.desk().await?;
    let call = desk.call_of(api::ORDER_RECEIPT, &args.order);
    let call = args.region.iter().fold(call, |call, region| call.query(api::receipt::REGION.name, region));
    let receipt = call.send().await.with_context(|| format!("no receipt of {} could be had", args.order))?.body;
    match args.output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&receipt)?),
        Output::Table => say!("{}", draw(&receipt)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The receipt as text: the sums, the requests, the work, what is missing.
fn draw(receipt: &OrderReceipt) -> String {
    let prices = &receipt.prices;
    let path = &receipt.journey.critical_path;
    let mut text = format!(
        "{}: {} at list prices of {} ({})\n\n{}\n\n{} commits, {} messages received, {} ms of processors\n\
         {} after {} ms, {} waiting and {} working (shotengai order journey {})",
        receipt.order_id,
        receipt.cost,
        prices.region,
        prices.as_of,
        table(receipt),
        share(receipt.commits),
        share(receipt.messages),
        millis(receipt.working_micros),
        path.ends_with,
        millis(path.took),
        millis(path.waiting),
        millis(path.working),
        receipt.order_id,
    );
    for missing in &receipt.missing {
        let _infallible = write!(text, "\nnot in it: what {} did ({})", missing.role, missing.why);
    }
    if !receipt.complete && receipt.missing.is_empty() {
        text += "\nnot in it: what a process did that has ended, or has forgotten the order, since";
    }
    text
}

fn table(receipt: &OrderReceipt) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["service", "operation", "requests", "units", "", "entries", "bytes", "$ a million"].to_vec());
    for line in &receipt.lines {
        table.add_row(row(line));
    }
    let all = ["", "in all", &share(receipt.requests), "", "", "", "", &dollars_a_million(receipt.nanodollars)];
    table.add_row(all.map(str::to_owned));
    for column in [2, 3, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row(line: &ReceiptLine) -> [String; 8] {
    [
        line.service.clone(),
        line.operation.clone(),
        share(line.requests),
        line.unit.as_ref().map(|_| share(line.units)).unwrap_or_default(),
        line.unit.clone().unwrap_or_default(),
        line.entries.map(share).unwrap_or_default(),
        line.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
        dollars_a_million(line.nanodollars),
    ]
}

/// A sum of shares with two digits behind the point.
fn share(of: f64) -> String {
    format!("{of:.2}")
}

/// Cost of a million such orders, in dollars with three digits: billionths of one are thousandths of a million.
fn dollars_a_million(nanodollars: u64) -> String {
    format!("{}.{:03}", nanodollars / 1000, nanodollars % 1000)
}

/// Microseconds as milliseconds with one decimal.
fn millis(micros: u64) -> String {
    let tenths = micros.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::api::journey::{CriticalPath, OrderJourney};
    use shotengai_contracts::api::receipt::{MissingRole, ReceiptPrices};

    use super::*;

    #[test]
    fn a_receipt_has_a_line_an_operation_and_says_what_is_not_in_it() {
        let order_id = OrderId::parse("ord_1").unwrap();
        let line = |service: &str, operation: &str, requests, unit: Option<&str>, nanodollars| ReceiptLine {
            service: service.to_owned(),
            operation: operation.to_owned(),
            requests,
            unit: unit.map(str::to_owned),
            units: 3.0,
            entries: unit.is_none().then_some(2.0),
            bytes: None,
            nanodollars,
        };
        let critical_path = CriticalPath {
            ids: Vec::new(),
            ends_with: "OrderPaid".to_owned(),
            waiting: 60_000,
            working: 20_000,
            took: 80_000,
        };
        let receipt = OrderReceipt {
            order_id: order_id.clone(),
            complete: false,
            processes: Vec::new(),
            missing: vec![MissingRole { role: "bridge".to_owned(), why: "it is away".to_owned() }],
            prices: ReceiptPrices {
                region: "us-east-1".to_owned(),
                as_of: "2026-11-30".to_owned(),
                currency: "USD".to_owned(),
            },
            nanodollars: 1875,
            cost: "$0.000001875".to_owned(),
            commits: 2.0,
            messages: 4.0,
            requests: 1.333_333,
            working_micros: 1450,
            lines: vec![
                line("dynamodb", "PutItem", 1.0, Some("write"), 1875),
                line("kinesis", "GetRecords", 0.333_333, None, 0),
            ],
            journey: OrderJourney { order_id, hops: Vec::new(), critical_path },
        };
        let text = draw(&receipt);
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let wanted = [
            "ord_1: $0.000001875 at list prices of us-east-1 (2026-11-30)",
            "",
            "service operation requests units entries bytes $ a million",
            "dynamodb PutItem 1.00 3.00 write 1.875",
            "kinesis GetRecords 0.33 2.00 0.000",
            "in all 1.33 1.875",
            "",
            "2.00 commits, 4.00 messages received, 1.5 ms of processors",
            "OrderPaid after 80.0 ms, 60.0 waiting and 20.0 working (shotengai order journey ord_1)",
            "not in it: what bridge did (it is away)",
        ];
        assert_eq!(lines, wanted, "{text}");
    }
}

//! The tables, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use shotengai_query::prices::Prices;

use super::assumed;
use super::counts::Counts;
use super::quotas::Quotas;
use super::scale::{Publish, Scale, with_messages_alone};

/// Orders a second.
const RATES: [f64; 4] = [0.0, 10.0, 1000.0, 100_000.0];
/// What one write to a partition's entry costs, in units: the entry by time; the marker comes, and goes.
const TIME_ENTRY: f64 = 1.0;
const MARKER_ENTRIES: f64 = 2.0;

/// What it is reckoned of.
pub(super) fn counted(counts: &Counts, from: &str) -> String {
    let Counts { as_of, orders, clients, shards, .. } = counts;
    format!(
        "Counted on {as_of} over {orders} orders by {clients} clients, streams of {shards} shards (`tests/bench/counts.json`); {from}.\n"
    )
}

/// A million orders, by what is paid for.
pub(super) fn million(counts: &Counts, prices: &Prices) -> String {
    let streets = [
        ("outbox", &counts.outbox, Publish::Outbox, false),
        ("cdc", &counts.cdc, Publish::Cdc, false),
        ("cdc, push, nine processes", &counts.apart, Publish::Cdc, true),
    ];
    let by = streets.map(|(_, street, _, pushed)| street.an_order.a_million(prices, pushed));
    let uncounted = streets.map(|(.., publish, _)| publish.uncounted_writes() * prices.dynamodb_write_million);
    let alone = streets
        .map(|(_, street, _, pushed)| with_messages_alone(street).a_million(prices, pushed).into_values().sum::<f64>());
    let mut table = Table::new("A million orders", &streets.map(|(name, ..)| name.to_owned()));
    for kind in by.iter().flat_map(|by| by.keys()).collect::<BTreeSet<_>>() {
        table.row(kind, by.iter().map(|by| by.get(kind).map_or("–".to_owned(), |value| dollars(*value))));
    }
    table.row("writes that AWS alone counts (assumed)", uncounted.map(dollars));
    let all = by.iter().zip(uncounted).map(|(by, more)| dollars(by.values().sum::<f64>() + more));
    table.row("**all**", all);
    table.row(
        "**all, of orders that come alone**",
        alone.iter().zip(uncounted).map(|(alone, more)| dollars(alone + more)),
    );
    table.text
}

/// Shards, pods and what they hold.
pub(super) fn sizes(counts: &Counts) -> String {
    let mut table = Table::new("Sizes", &rates());
    let scales = RATES.map(|orders| Scale { counts, orders });
    table.row("orders a month", scales.map(|scale| number(scale.orders_a_month())));
    for publish in Publish::ALL {
        let name = format!("shards of the stream, {}", publish.name());
        table.row(&name, scales.map(|scale| number(scale.shards(publish))));
    }
    let pods = scales.each_ref().map(Scale::pods);
    for role in pods.iter().flat_map(|pods| pods.keys()).collect::<BTreeSet<_>>() {
        table.row(&format!("pods of {role}"), pods.each_ref().map(|pods| number(pods[role].0)));
    }
    table.row("cores that pods use", scales.map(|scale| number(scale.cores())));
    table.row("GB of events that a month adds", scales.map(|scale| number(scale.stored_gb())));
    table.text
}

/// Dollars a month.
pub(super) fn months(counts: &Counts, prices: &Prices) -> String {
    let mut table = Table::new("Dollars a month", &rates());
    let scales = RATES.map(|orders| Scale { counts, orders });
    for publish in Publish::ALL {
        let name = publish.name();
        table.row(&format!("{name}: requests"), scales.map(|scale| dollars(scale.requests_month(publish, prices))));
        table.row(&format!("{name}: shards"), scales.map(|scale| dollars(scale.shards_month(publish, prices))));
        table.row(&format!("{name}: push"), scales.map(|scale| dollars(scale.push_month(publish, prices))));
    }
    table.row("pods", scales.map(|scale| dollars(scale.pods_month(prices))));
    table.row("what a month adds to tables, each month", scales.map(|scale| dollars(scale.storage_month(prices))));
    for publish in Publish::ALL {
        for pushed in [false, true] {
            let how = if pushed { "push" } else { "poll" };
            let all = scales.map(|scale| dollars(month(&scale, publish, pushed, prices)));
            table.row(&format!("**{}, {how}: all**", publish.name()), all);
        }
    }
    table.row(
        "a million orders, all of it, cdc, poll",
        scales.map(|scale| match scale.orders_a_month() / 1e6 {
            0.0 => "–".to_owned(),
            millions => dollars(month(&scale, Publish::Cdc, false, prices) / millions),
        }),
    );
    table.text
}

fn month(scale: &Scale<'_>, publish: Publish, pushed: bool, prices: &Prices) -> f64 {
    let push = if pushed { scale.push_month(publish, prices) } else { 0.0 };
    let ours = scale.requests_month(publish, prices) + scale.shards_month(publish, prices) + push;
    ours + scale.pods_month(prices) + scale.storage_month(prices)
}

/// What is wanted of each quota. Bold is what the default doesn't give.
pub(super) fn quotas(counts: &Counts, quotas: &Quotas) -> String {
    let scales = RATES[1..].iter().map(|orders| Scale { counts, orders: *orders }).collect::<Vec<_>>();
    let heads: Vec<_> = ["default"].map(str::to_owned).into_iter().chain(rates().into_iter().skip(1)).collect();
    let mut table = Table::new("Quotas and bounds", &heads);
    let mut row = |name: &str, most: f64, wanted: &dyn Fn(&Scale<'_>) -> f64| {
        let wanted = scales.iter().map(|scale| {
            let wanted = wanted(scale);
            if wanted > most { format!("**{}**", number(wanted)) } else { number(wanted) }
        });
        table.row(name, [number(most)].into_iter().chain(wanted));
    };
    let default = |name| quotas.of(name).default;
    let writes = |publish: Publish| move |scale: &Scale<'_>| scale.an_order(publish).dynamodb_write * scale.orders;
    let entries = |units: f64| move |scale: &Scale<'_>| assumed::ORDER_COMMITS * units * scale.orders;
    let index = assumed::index_partitions() * default("dynamodb_partition_writes");
    let (outbox, cdc) = (Publish::Outbox, Publish::Cdc);
    row("Kinesis: shards of the account [1]", default("kinesis_shards"), &|scale| {
        scale.shards(cdc).max(scale.shards(outbox)) + 1.0
    });
    row("SNS: messages published a second [2]", default("sns_messages"), &|scale| {
        counts.outbox.an_order.kinesis_payload * scale.orders
    });
    row(
        "DynamoDB: write units a second of all tables together, cdc; the default is each table's [3]",
        default("dynamodb_table_writes"),
        &writes(cdc),
    );
    row("DynamoDB: the same, outbox [3]", default("dynamodb_table_writes"), &writes(outbox));
    row(
        "DynamoDB: the same, cdc; what each new table takes at first [4]",
        default("dynamodb_new_table_writes"),
        &writes(cdc),
    );
    row("SQS: messages of a queue in hand, of the role with most pods [5]", default("sqs_in_flight"), &|scale| {
        let most = scale.pods().into_values().map(|(pods, _)| pods).fold(0.0, f64::max);
        most * assumed::held_by_a_consumer()
    });
    row("SES: mails a second [6]", default("ses_mails"), &|scale| assumed::MAILS * scale.orders);
    row("ours: units a second of `order-events`' index by time", index, &entries(TIME_ENTRY));
    row("ours: units a second of its index of markers, outbox", index, &entries(MARKER_ENTRIES));
    row("ours: shards that `KINESIS_SHARDS` takes", assumed::PROVISIONED_SHARDS, &|scale| {
        scale.shards(cdc).max(scale.shards(outbox))
    });
    row("ours: orders a second of one product, if all are", counts.one_product_a_second, &|scale| scale.orders);
    let mut text = table.text;
    let allowed = |units: f64| number(index / (assumed::ORDER_COMMITS * units));
    let (with_cdc, with_outbox) = (allowed(TIME_ENTRY), allowed(MARKER_ENTRIES));
    let _ = writeln!(
        text,
        "\nSo indexes allow some {with_cdc} orders a second with cdc and {with_outbox} with an outbox, whatever AWS is asked for.\n"
    );
    let _ = writeln!(text, "AWS's defaults are those of us-east-1, as its pages said on {}.\n", quotas.as_of);
    let named = [
        "kinesis_shards",
        "sns_messages",
        "dynamodb_table_writes",
        "dynamodb_new_table_writes",
        "sqs_in_flight",
        "ses_mails",
    ];
    for (n, name) in named.iter().enumerate() {
        let quota = quotas.of(name);
        let _ = writeln!(text, "{}. {} ([source]({}))", n + 1, quota.note, quota.source);
    }
    let partition = quotas.of("dynamodb_partition_writes");
    let _ = writeln!(
        text,
        "\n{} units a second of a partition: {} ([source]({})).",
        number(partition.default),
        partition.note,
        partition.source
    );
    text
}

/// What was not measured.
pub(super) fn assumed() -> String {
    let percent = |share: f64| format!("{} %", number(share * 100.0));
    let pod = |size: assumed::PodSize| format!("{} vCPU, {} GB", size.vcpu, size.gb);
    let mut table = Table::new("Assumed", &["figure".to_owned()]);
    let mut row = |what: &str, value: String| table.row(what, [value]);
    row("write units an order that the local AWS doesn't count, outbox", number(assumed::UNCOUNTED_OUTBOX));
    row("the same, cdc", number(assumed::UNCOUNTED_CDC));
    row("up to so many orders a second none shares a request of SNS or SQS", number(assumed::ALONE));
    row("of a shard is used", percent(assumed::SHARD_FILLED));
    row("of a pod's processor is used", percent(assumed::POD_FILLED));
    row(
        "pods of a role at least; each asks at rest what one process of all roles does, a share of it",
        number(assumed::PODS),
    );
    row("a pod, while two of these do", pod(assumed::SMALL));
    row("a pod, else", pod(assumed::LARGE));
    row("commits of order for an order", number(assumed::ORDER_COMMITS));
    row("mails an order", number(assumed::MAILS));
    row("messages that a consumer holds at the most (by its code)", number(assumed::held_by_a_consumer()));
    row("partitions of an index of an event table (by its code)", number(assumed::index_partitions()));
    table.text
}

fn rates() -> Vec<String> {
    RATES.map(|rate| if rate == 0.0 { "idle".to_owned() } else { format!("{} orders/s", number(rate)) }).to_vec()
}

struct Table {
    text: String,
}

impl Table {
    fn new(title: &str, columns: &[String]) -> Self {
        let right = "---:|".repeat(columns.len());
        Self { text: format!("### {title}\n\n| | {} |\n|---|{right}\n", columns.join(" | ")) }
    }

    fn row(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values = values.into_iter().collect::<Vec<_>>().join(" | ");
        let _ = writeln!(self.text, "| {name} | {values} |");
    }
}

fn dollars(value: f64) -> String {
    if value < 100.0 { format!("${value:.2}") } else { format!("${}", number(value)) }
}

/// Whole, or with a decimal below ten; with commas.
fn number(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0.0, 2.0, 7.66, 70.0, 1000.0, 262_800_000_000.0].map(number),
            ["0", "2", "7.7", "70", "1,000", "262,800,000,000"]
        );
        assert_eq!([20.87, 1234.5].map(dollars), ["$20.87", "$1,234"]);
    }
}

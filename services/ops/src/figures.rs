//! Figures of consumers, read from what processes serve at `/metrics`.

use std::collections::BTreeMap;

/// Figures of one consumer, of one process or several together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Deliveries that were done with.
    pub handled: u64,
    /// Deliveries that were answered otherwise.
    pub failed: u64,
    /// The sum of the ages of events when they were handled, in seconds.
    pub age_sum: f64,
    /// Of how many events that is.
    pub age_count: u64,
    /// Whether it receives nothing because something is away or denied.
    pub breaker_open: bool,
    /// How long the oldest message of the last receive had waited, in seconds; the longest of the processes.
    pub oldest: Option<f64>,
}

/// Figures by consumer, from the texts of several processes.
#[must_use]
pub fn figures<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Figures> {
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for text in texts {
        for (name, of) in of_process(text) {
            let sum = all.entry(name).or_default();
            sum.handled += of.handled;
            sum.failed += of.failed;
            sum.age_sum += of.age_sum;
            sum.age_count += of.age_count;
            sum.breaker_open |= of.breaker_open;
            sum.oldest = of.oldest.into_iter().chain(sum.oldest).reduce(f64::max);
        }
    }
    all
}

/// Figures of the stream of events, of one process.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StreamFigures {
    /// Records that its bridge passed on or set aside; none where it has no bridge.
    pub records: Option<f64>,
    /// Records and requests that were refused for going too fast.
    pub throttled: f64,
}

/// Figures of the stream, from the text of one process.
#[must_use]
pub fn stream_figures(text: &str) -> StreamFigures {
    let mut sum = StreamFigures::default();
    for sample in text.lines().filter_map(sample) {
        match sample.name {
            "shotengai_bridge_records_total" => *sum.records.get_or_insert_default() += sample.value,
            "shotengai_faults_total" if is_throttled_put(&sample) => sum.throttled += sample.value,
            _ => {}
        }
    }
    sum
}

fn is_throttled_put(sample: &Sample<'_>) -> bool {
    sample.label("operation").as_deref() == Some("kinesis.PutRecords")
        && sample.label("kind").as_deref() == Some("throttled")
}

fn of_process(text: &str) -> BTreeMap<String, Figures> {
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for sample in text.lines().filter_map(sample) {
        let Some(consumer) = sample.label("consumer") else { continue };
        if !sample.name.starts_with("shotengai_consumer_") {
            continue;
        }
        let figures = all.entry(consumer).or_default();
        match sample.name {
            "shotengai_consumer_deliveries_total" if sample.label("outcome").as_deref() == Some("done") => {
                figures.handled += whole(sample.value);
            }
            "shotengai_consumer_deliveries_total" => figures.failed += whole(sample.value),
            "shotengai_consumer_event_age_seconds_sum" => figures.age_sum += sample.value,
            "shotengai_consumer_event_age_seconds_count" => figures.age_count += whole(sample.value),
            "shotengai_consumer_breaker_open" => figures.breaker_open |= sample.value > 0.0,
            "shotengai_consumer_oldest_seconds" => figures.oldest = Some(sample.value),
            _ => {}
        }
    }
    all
}

/// A count, which travels as a decimal.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole and not below zero")]
fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

/// A line of Prometheus' text form: `name{label="value",…} value`.
struct Sample<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (head, value) = line.rsplit_once(' ')?;
    let (name, labels) = head.split_once('{')?;
    Some(Sample { name, labels: labels.strip_suffix('}')?, value: value.parse().ok()? })
}

impl Sample<'_> {
    /// The value of this label. Values may have escaped quotes, backslashes and line breaks.
    fn label(&self, wanted: &str) -> Option<String> {
        let mut rest = self.labels;
        while let Some((name, after)) = rest.split_once("=\"") {
            let (value, behind) = quoted(after)?;
            if name == wanted {
                return Some(value);
            }
            rest = behind.strip_prefix(',').unwrap_or(behind);
        }
        None
    }
}

/// The text up to the closing quote, and what is behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP shotengai_consumer_deliveries_total Deliveries\n\
        shotengai_consumer_deliveries_total{consumer=\"order\",event_type=\"A\",outcome=\"done\"} 3\n\
        shotengai_consumer_deliveries_total{consumer=\"order\",event_type=\"B\",outcome=\"done\"} 4\n\
        shotengai_consumer_deliveries_total{consumer=\"order\",event_type=\"B \\\"x\\\", {y}\",outcome=\"retry\"} 1\n\
        shotengai_consumer_event_age_seconds_sum{consumer=\"order\"} 1.5\n\
        shotengai_consumer_event_age_seconds_count{consumer=\"order\"} 8\n\
        shotengai_consumer_oldest_seconds{consumer=\"order\"} 0.25\n\
        shotengai_consumer_breaker_open{consumer=\"tally\"} 0\n\
        target_info{service_name=\"shotengai\"} 1\nnonsense\n";

    #[test]
    fn the_streams_figures_are_what_a_bridge_passed_on_and_what_was_refused_to_whoever_puts() {
        let bridge = "shotengai_bridge_records_total{outcome=\"published\"} 30\n\
                      shotengai_bridge_records_total{outcome=\"set_aside\"} 2\n";
        let order = "shotengai_faults_total{operation=\"kinesis.PutRecords\",kind=\"throttled\"} 4\n\
                     shotengai_faults_total{operation=\"kinesis.PutRecords\",kind=\"transient\"} 8\n\
                     shotengai_faults_total{operation=\"sqs.SendMessage\",kind=\"throttled\"} 16\n";
        assert_eq!(stream_figures(bridge), StreamFigures { records: Some(32.0), throttled: 0.0 });
        assert_eq!(stream_figures(order), StreamFigures { records: None, throttled: 4.0 });
        assert_eq!(stream_figures(TEXT), StreamFigures::default());
    }

    #[test]
    fn processes_are_added_up_by_consumer() {
        let open = "shotengai_consumer_breaker_open{consumer=\"order\"} 1\n\
                    shotengai_consumer_oldest_seconds{consumer=\"order\"} 2\n";
        let all = figures([TEXT, open]);
        let order = &all["order"];
        assert_eq!((order.handled, order.failed), (7, 1));
        assert_eq!((order.age_sum, order.age_count, order.oldest), (1.5, 8, Some(2.0)));
        assert!(order.breaker_open);
        assert_eq!(all["tally"], Figures::default());
        assert_eq!(all.len(), 2);
    }
}

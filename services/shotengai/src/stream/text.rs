//! A stream's shards as text.

use shotengai_ops::advice::{Advice, Why};
use shotengai_provisioning::Moment;

pub(super) fn advice(advice: &Advice, stream: &str) -> String {
    let Advice { shards, advised, why, records_a_second, throttled_a_second, lag_ms } = advice;
    let rate = |rate: &Option<f64>| rate.map_or_else(|| "not known".to_owned(), |rate| format!("{rate:.1}"));
    let lag = lag_ms.map_or_else(|| "not known".to_owned(), |ms| format!("{ms} ms"));
    let mut lines = vec![
        format!("stream                {stream}"),
        format!("open shards           {shards}"),
        format!("records a second      {}", rate(records_a_second)),
        format!("refused a second      {}", rate(throttled_a_second)),
        format!("furthest behind       {lag}"),
        format!("advice                {advised} shards: {why}"),
    ];
    if advised != shards && *why != Why::Idle {
        lines.push(format!("                      shotengai stream reshard --shards {advised}"));
    }
    lines.join("\n")
}

pub(super) fn plan(stream: &str, open: u32, steps: &[u32]) -> String {
    if steps.is_empty() {
        return format!("{stream} has {open} open shards: nothing would be asked for");
    }
    let steps: Vec<_> = steps.iter().map(ToString::to_string).collect();
    format!("{stream} has {open} open shards; AWS would be asked for {}; nothing was", steps.join(", then "))
}

pub(super) fn moment(stream: &str, moment: Moment) -> String {
    match moment {
        Moment::Busy => format!("{stream}: something else is being changed, waiting"),
        Moment::Asked(shards) => format!("{stream}: asked for {shards} shards; on AWS a step takes minutes"),
        Moment::Open(shards) => format!("{stream}: {shards} shards are open"),
        Moment::Done(shards) => format!("{stream}: has {shards} shards"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advice_for_more_ends_with_the_command_and_one_for_fewer_with_what_to_look_at() {
        let of = |advised, why| Advice {
            shards: 2,
            advised,
            why,
            records_a_second: Some(1_900.0),
            throttled_a_second: Some(3.0),
            lag_ms: None,
        };
        let more = advice(&of(4, Why::Throttled), "ec-events");
        assert!(more.ends_with("shotengai stream reshard --shards 4"), "{more}");
        assert!(more.contains("furthest behind       not known"), "{more}");
        let fewer = advice(&of(1, Why::Idle), "ec-events");
        assert!(!fewer.contains("reshard") && fewer.contains("IncomingRecords"), "{fewer}");
    }

    #[test]
    fn a_plan_names_each_step_or_that_there_is_none() {
        assert_eq!(plan("s", 1, &[2, 4]), "s has 1 open shards; AWS would be asked for 2, then 4; nothing was");
        assert_eq!(plan("s", 1, &[]), "s has 1 open shards: nothing would be asked for");
    }
}

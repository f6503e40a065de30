//! The state of an installation as text.

use comfy_table::{Table, presets};

use shotengai_ops::health::Process;
use shotengai_ops::queues::Queues;
use shotengai_ops::shards::ShardState;
use shotengai_ops::status::Overview;
use shotengai_ops::stores::{MOST_COMMITS, StoreState};

pub(super) fn overview(overview: &Overview) -> String {
    let mut lines = vec![services(&overview.services)];
    let total: usize = overview.unpublished.values().map(|unpublished| unpublished.count).sum();
    let oldest = overview.unpublished.values().filter_map(|unpublished| unpublished.oldest_seconds).max();
    lines.push(match oldest {
        Some(seconds) => format!("commits    {total} not yet in the stream, the oldest {seconds} s old"),
        None => "commits    all in the stream".to_owned(),
    });
    lines.push(format!("shards     {}", summary(&overview.shards)));
    lines.push(match overview.queues.dead_letters() {
        0 => "letters    no dead letters".to_owned(),
        letters => format!("letters    {letters} dead letters: `shotengai dead-letters list` says from which causes"),
    });
    lines.push(String::new());
    lines.push(queues(&overview.queues));
    lines.join("\n")
}

fn services(processes: &[Process]) -> String {
    if processes.is_empty() {
        return "services   not asked: --health-url says where a process serves its health".to_owned();
    }
    let line = |process: &Process| match (&process.fault, process.ready) {
        (Some(fault), _) => format!("services   NO ANSWER from {}: {fault}", process.url),
        (None, true) if process.down.is_empty() => {
            format!("services   up, all {} dependencies too ({})", process.dependencies, process.url)
        }
        (None, ready) => {
            let down: Vec<_> = process.down.iter().map(|(name, error)| format!("{name}: {error}")).collect();
            let word = if ready { "up" } else { "NOT READY" };
            format!("services   {word}, but {} ({})", down.join("; "), process.url)
        }
    };
    processes.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn summary(shards: &[ShardState]) -> String {
    let open: Vec<_> = shards.iter().filter(|shard| !shard.ended).collect();
    let unread = open.iter().filter(|shard| shard.held_by.is_none()).count();
    let mut text = format!("{} open", open.len());
    match open.iter().filter_map(|shard| shard.lag_ms).max() {
        Some(lag) => text.push_str(&format!(", {} behind at the most", seconds(lag))),
        None if open.is_empty() => {}
        None => text.push_str(", lag not known"),
    }
    if unread > 0 {
        text.push_str(&format!("; {unread} READ BY NOBODY"));
    }
    for fault in open.iter().filter_map(|shard| shard.fault.as_ref()) {
        text.push_str(&format!("; {fault}"));
    }
    text
}

fn seconds(milliseconds: i64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

pub(super) fn stores(stores: &[StoreState]) -> Table {
    let mut table = table(&["events of", "commits", "marked: not yet in the stream", "oldest", "change capture"]);
    for store in stores {
        let commits = match store.commits {
            MOST_COMMITS => format!("{MOST_COMMITS} or more"),
            commits => commits.to_string(),
        };
        let oldest = store.unpublished.oldest_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s"));
        let unpublished = store.unpublished.count.to_string();
        table.add_row([store.owner.to_owned(), commits, unpublished, oldest, store.change_capture.clone()]);
    }
    table
}

pub(super) fn shards(shards: &[ShardState]) -> Table {
    let mut table = table(&["shard", "parents", "held by", "epoch", "claimed by", "lag", "read up to"]);
    for shard in shards {
        let nobody = |name: &Option<String>| name.clone().unwrap_or_else(|| "nobody".to_owned());
        let position = shard.position.clone().unwrap_or_else(|| "nothing yet".to_owned());
        table.add_row([
            shard.shard.clone(),
            shard.parents.join(" "),
            nobody(&shard.held_by),
            shard.epoch.map_or_else(|| "-".to_owned(), |epoch| epoch.to_string()),
            nobody(&shard.claimed_by),
            shard.lag_ms.map_or_else(|| "-".to_owned(), seconds),
            shard.fault.clone().unwrap_or(if shard.ended { "its end".to_owned() } else { position }),
        ]);
    }
    table
}

pub(super) fn queues(queues: &Queues) -> String {
    let mut table = table(&["queue", "waiting", "in flight", "delayed", "dead letters"]);
    for queue in &queues.queues {
        let counts = [queue.waiting, queue.in_flight, queue.delayed, queue.dead_letters];
        table.add_row(std::iter::once(queue.queue.to_owned()).chain(counts.iter().map(u64::to_string)));
    }
    for records in &queues.records {
        let letters = records.dead_letters.to_string();
        table.add_row([format!("({})", records.service), String::new(), String::new(), String::new(), letters]);
    }
    let notes = queues.queues.iter().filter_map(|queue| Some(format!("\n{}: {}", queue.queue, queue.note?)));
    format!("{table}{}", notes.collect::<String>())
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec());
    table
}

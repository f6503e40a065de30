//! Reports of the archive's commands as text.

use std::fmt::Write as _;

use shotengai_archive::shelf::Shelved;
use shotengai_archive::{RestoreReport, VerifyReport};

use super::Timed;

/// Where event stores don't go on from what the archive has.
const ANOTHER_ARCHIVE: &str = "\
      with another ARCHIVE_BUCKET: what happens from now on has the numbers of events that were not brought back, and an archive
      that tells both can't be restored. Once the archiver writes into the new one, `shotengai republish --from` the beginning";

/// Writing into a text can't fail.
macro_rules! line {
    ($out:ident, $($text:tt)*) => { writeln!($out, $($text)*).ok() };
}

pub(super) fn verified(timed: &Timed<VerifyReport>) -> String {
    let VerifyReport { archive, stores, events, findings, more_findings } = &timed.report;
    let mut out = archived(archive);
    let stored: Vec<String> = stores.iter().map(|(owner, events)| format!("{owner} {events}")).collect();
    line!(out, "event stores  {} events: {}", stores.values().sum::<u64>(), stored.join(", "));
    line!(out, "in both       {} events, and {} lines that repeat one", events.same, events.duplicates);
    if events.young > 0 {
        line!(out, "too young     {} events, which one side does not have yet", events.young);
    }
    for (count, what) in [
        (events.missing, "not in the archive"),
        (events.unknown, "in the archive and not in the event stores"),
        (events.different, "told in two ways"),
    ] {
        if count > 0 {
            line!(out, "WRONG         {count} events {what}");
        }
    }
    for finding in findings {
        line!(out, "  {finding}");
    }
    if *more_findings > 0 {
        line!(out, "  and {more_findings} more");
    }
    let verdict = if timed.report.is_right() { "the archive is whole" } else { "the archive is NOT whole" };
    line!(out, "{verdict}; {}", speed(timed));
    out.trim_end().to_owned()
}

pub(super) fn restored(timed: &Timed<RestoreReport>, is_refused: bool) -> String {
    let RestoreReport { archive, stores, commits, duplicates, broken, more_broken } = &timed.report;
    let mut out = archived(archive);
    for broken in broken {
        let (owner, aggregate, version, why) = (broken.owner, &broken.aggregate, broken.version, &broken.why);
        line!(out, "BROKEN        {owner}: event {version} of {aggregate}: {why}");
    }
    if *more_broken > 0 {
        line!(out, "BROKEN        and {more_broken} more histories");
    }
    if is_refused {
        return out.trim_end().to_owned();
    }
    let stored: Vec<String> = stores.iter().map(|(owner, events)| format!("{owner} {events}")).collect();
    let events: u64 = stores.values().sum();
    line!(out, "event stores  {events} events written in {commits} commits: {}", stored.join(", "));
    line!(out, "              {duplicates} lines repeat one");
    if timed.report.is_whole() {
        line!(out, "restored; {}", speed(timed));
    } else {
        let histories = u64::try_from(broken.len()).unwrap_or(u64::MAX).saturating_add(*more_broken);
        let lost = archive.lost;
        line!(out, "restored IN PART: {lost} objects and {histories} histories are not whole; {}", speed(timed));
    }
    line!(out, "next: `shotengai rebuild read-models`, then start the roles");
    if !timed.report.is_whole() {
        line!(out, "{ANOTHER_ARCHIVE}");
    }
    out.trim_end().to_owned()
}

fn archived(archive: &Shelved) -> String {
    let mut out = String::new();
    let Shelved { objects, manifests, bytes, events, foreign, unlisted, damages, .. } = archive;
    line!(out, "archive       {objects} objects, {manifests} manifests, {events} events, {bytes} bytes");
    if *foreign > 0 {
        line!(out, "              {foreign} of the events are of sources that no event store is of");
    }
    if *unlisted > 0 {
        line!(out, "              {unlisted} of the objects are in no manifest");
    }
    for damaged in damages {
        line!(out, "DAMAGED       {}: {}", damaged.key, damaged.detail);
    }
    if archive.more_damages() > 0 {
        line!(out, "DAMAGED       and {} more objects", archive.more_damages());
    }
    out
}

fn speed<T>(timed: &Timed<T>) -> String {
    format!("{:.1} s, {:.0} events/s", timed.seconds, timed.events_per_second)
}

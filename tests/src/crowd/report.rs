//! What was measured, reckoned and told.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::viewer::Frame;
use super::{Measured, Phase};

/// Of the acceptance: the most frames a second that a viewer gets, and the most cores.
pub const MOST_FRAMES_A_SECOND: f64 = 4.0;
/// The most of a core.
pub const MOST_CORES: f64 = 1.0;
/// What is reckoned on paper.
const ON_PAPER: usize = 10_000;
/// So many frames tell what one takes, where processor time is known to a hundredth of a second.
const LEAST_FRAMES: f64 = 10_000.0;
/// Of TCP with timestamps and of IP, a segment; each frame is one.
const TCP_AND_IP: f64 = 52.0;

/// A phase as it was seen.
pub(super) struct Told {
    pub(super) who: &'static str,
    pub(super) frames: Vec<Vec<Frame>>,
    pub(super) over: Duration,
    pub(super) orders: usize,
    pub(super) putting: Duration,
    pub(super) busy: Option<Duration>,
}

impl Told {
    pub(super) fn phase(&self) -> Phase {
        let seconds = self.over.as_secs_f64();
        let viewers = self.frames.len();
        let frames: usize = self.frames.iter().map(Vec::len).sum();
        let most = self.frames.iter().map(Vec::len).max().unwrap_or_default();
        let bytes: usize = self.frames.iter().flatten().map(|frame| frame.bytes).sum();
        let mut gaps: Vec<f64> = self
            .frames
            .iter()
            .flat_map(|frames| frames.windows(2).map(|two| (two[1].at - two[0].at).as_secs_f64() * 1e3))
            .collect();
        gaps.sort_by(f64::total_cmp);
        let rank = |of: usize| gaps.get((gaps.len() * of / 100).min(gaps.len().saturating_sub(1))).copied();
        Phase {
            who: self.who,
            viewers,
            seconds,
            orders: self.orders,
            orders_a_second: count(self.orders) / self.putting.as_secs_f64(),
            frames_a_second: count(frames) / count(viewers) / seconds,
            most_frames_a_second: count(most) / seconds,
            bytes_a_frame: count(bytes) / count(frames),
            gap_ms: [50, 99, 100].map(|of| rank(of).unwrap_or_default()),
            frames,
            processor_s: self.busy.map(|busy| busy.as_secs_f64()),
            cores: self.busy.map(|busy| busy.as_secs_f64() / seconds),
        }
    }
}

/// Ten thousand viewers, by what one more viewer costs.
#[derive(Debug, Clone, Serialize)]
pub struct Paper {
    /// Viewers.
    pub viewers: usize,
    /// Processor time of a frame to one viewer.
    pub frame_us: f64,
    /// Memory of one viewer.
    pub viewer_bytes: f64,
    /// At the most frames a second that there can be.
    pub frames_a_second: f64,
    /// With TCP and IP.
    pub bytes_a_second: f64,
    /// Of all frames, without counting.
    pub cores: f64,
    /// Memory of all.
    pub resident_bytes: f64,
    /// Processes that use no more than a core each, what counting takes included.
    pub pods: f64,
}

impl Measured {
    /// What breaks a promise, a line each.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let mut broken = self.faults.clone();
        for phase in &self.phases {
            // A reading that came just before the phase may be told within it.
            if phase.most_frames_a_second > MOST_FRAMES_A_SECOND + 1.0 / phase.seconds {
                broken.push(format!("{}: {:.2} frames a second", phase.who, phase.most_frames_a_second));
            }
            if phase.cores.is_some_and(|cores| cores >= MOST_CORES) {
                broken.push(format!("{}: {:.2} cores", phase.who, phase.cores.unwrap_or_default()));
            }
        }
        if self.ended != self.silent || self.cut_off_s.len() != self.silent {
            broken.push(format!("{} of {} who do not read were cut off", self.ended, self.silent));
        }
        broken
    }

    /// Ten thousand viewers on paper: what the phase of all took beyond what its orders take before one viewer, by its
    /// frames. None where there is no `/proc`, or too little was measured to tell.
    #[must_use]
    pub fn paper(&self) -> Option<Paper> {
        let [one, all, ..] = self.phases.as_slice() else { return None };
        let times = count(all.orders) / count(one.orders);
        let frames = count(all.frames) - count(one.frames) * times;
        let frame_us = (all.processor_s? - one.processor_s? * times) * 1e6 / frames;
        if frames < LEAST_FRAMES || frame_us <= 0.0 {
            return None;
        }
        let (before, after) = self.resident_bytes?;
        let viewer_bytes = after.saturating_sub(before) as f64 / count(self.viewers - 1);
        let frames_a_second = count(ON_PAPER) * MOST_FRAMES_A_SECOND;
        let cores = frames_a_second * frame_us / 1e6;
        Some(Paper {
            viewers: ON_PAPER,
            frame_us,
            viewer_bytes,
            frames_a_second,
            bytes_a_second: frames_a_second * (all.bytes_a_frame + TCP_AND_IP),
            cores,
            resident_bytes: viewer_bytes * count(ON_PAPER),
            pods: (cores / (MOST_CORES - one.cores?)).ceil().max(1.0),
        })
    }

    /// The tables.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from("### A crowd before the live tally, one process of it\n\n");
        out.push_str("| | viewers | orders put | frames a second each | the most | bytes a frame | between two frames: p50 / p99 / max | cores |\n");
        out.push_str("|---|---:|---:|---:|---:|---:|---:|---:|\n");
        for phase in &self.phases {
            let Phase { who, viewers, orders, orders_a_second, frames_a_second, most_frames_a_second, .. } = phase;
            let [middle, late, longest] = phase.gap_ms;
            let cores = phase.cores.map_or("not measured".to_owned(), |cores| format!("{cores:.2}"));
            let _ = writeln!(
                out,
                "| {who} | {viewers} | {orders}, {orders_a_second:.0}/s | {frames_a_second:.2} | {most_frames_a_second:.2} | {:.0} | \
                 {middle:.0} / {late:.0} / {longest:.0} ms | {cores} |",
                phase.bytes_a_frame,
            );
        }
        let (first, last) = (self.cut_off_s.first(), self.cut_off_s.last());
        let _ = writeln!(
            out,
            "\n{} viewers saw all {} pieces of all orders; {} were dropped or told something else. {} of {} who did not read were cut \
             off, the first after {:.1} s, the last after {:.1} s.\n",
            self.viewers - self.faults.len(),
            self.pieces,
            self.faults.len(),
            self.ended,
            self.silent,
            first.copied().unwrap_or(f64::NAN),
            last.copied().unwrap_or(f64::NAN),
        );
        let Some(paper) = self.paper() else { return out };
        let _ = writeln!(
            out,
            "| on paper | one viewer | {} |\n|---|---:|---:|\n\
             | frames a second, at the most | {MOST_FRAMES_A_SECOND:.0} | {:.0} |\n\
             | bytes a second, with TCP and IP | {:.0} | {:.1} MB |\n\
             | processor, at {:.1} µs a frame | {:.5} cores | {:.2} cores |\n\
             | memory | {:.1} kB | {:.0} MB |\n\
             | processes of at most one core | | {:.0} |\n",
            paper.viewers,
            paper.frames_a_second,
            paper.bytes_a_second / count(paper.viewers),
            paper.bytes_a_second / 1e6,
            paper.frame_us,
            paper.cores / count(paper.viewers),
            paper.cores,
            paper.viewer_bytes / 1e3,
            paper.resident_bytes / 1e6,
            paper.pods,
        );
        out
    }
}

/// A number of things, to divide by.
fn count(things: usize) -> f64 {
    u32::try_from(things).map_or(f64::NAN, f64::from)
}

//! State of the sets, in `read_sets`: which there are, and who is at work on them. Pods read it with each batch.

use serde::Serialize;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::Row;

use crate::database::Session;
use crate::store::column;

pub(crate) const OPERATION: &str = "postgres.sets";

/// What the set beside the live one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// There is none.
    None,
    /// It is being built, or its building was broken off.
    Building,
    /// It is built, and can become the live one.
    Built,
    /// It was the live one, and can be again.
    Kept,
}

impl Phase {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Building => "building",
            Self::Built => "built",
            Self::Kept => "kept",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Building, Self::Built, Self::Kept].into_iter().find(|phase| phase.as_str() == text)
    }
}

/// The sets, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// How often another set became the live one.
    pub generation: i64,
    /// What is beside.
    pub phase: Phase,
    /// The schema of the set beside.
    pub beside: Option<String>,
    /// Whose folds the set beside was built by.
    pub folds: Option<String>,
    /// When its building began.
    pub began_at: Option<Timestamp>,
    /// When it was built.
    pub built_at: Option<Timestamp>,
    /// Since when the live set is that; none for as long as it was never another.
    pub live_since: Option<Timestamp>,
    /// Who is at work.
    pub holder: Option<String>,
    /// Until when, unless it is said again.
    pub held_until: Option<Timestamp>,
    /// Whether that is still to come, by the database's clock.
    pub is_held: bool,
}

impl State {
    /// The columns that [`State::read`] reads.
    pub(crate) const SELECT: &'static str = "
        SELECT generation, phase, beside, folds, began_at, built_at, live_since, holder, held_until,
            coalesce(held_until > now(), false) AS is_held
        FROM read_sets";

    /// What stands there now.
    pub(crate) async fn look(session: &Session) -> Result<Self, Fault> {
        let rows = session.query(OPERATION, Self::SELECT, &[]).await?;
        Self::first(&rows)
    }

    pub(crate) fn first(rows: &[Row]) -> Result<Self, Fault> {
        rows.first().map_or_else(|| Ok(Self::nothing()), Self::read)
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        let phase: &str = column(row, "phase")?;
        let unknown = || Fault::new(FaultKind::Permanent, OPERATION, format!("read_sets has the phase {phase}"));
        Ok(Self {
            generation: column(row, "generation")?,
            phase: Phase::parse(phase).ok_or_else(unknown)?,
            beside: column(row, "beside")?,
            folds: column(row, "folds")?,
            began_at: column(row, "began_at")?,
            built_at: column(row, "built_at")?,
            live_since: column(row, "live_since")?,
            holder: column(row, "holder")?,
            held_until: column(row, "held_until")?,
            is_held: column(row, "is_held")?,
        })
    }

    /// Where somebody has taken the row away, there is one set.
    const fn nothing() -> Self {
        Self {
            generation: 0,
            phase: Phase::None,
            beside: None,
            folds: None,
            began_at: None,
            built_at: None,
            live_since: None,
            holder: None,
            held_until: None,
            is_held: false,
        }
    }

    /// The schema of the set beside that a process with these folds writes, too. One that is being built holds what one
    /// release's folds make: another release leaves its rows alone, and they are brought up before it becomes the live one.
    pub(crate) fn written_by(&self, folds: &str) -> Option<&str> {
        match self.phase {
            Phase::None => None,
            Phase::Building | Phase::Built if self.folds.as_deref() != Some(folds) => None,
            Phase::Building | Phase::Built | Phase::Kept => self.beside.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_another_release_builds_is_left_to_it_and_one_that_is_kept_is_everybodys() {
        let of = |phase| State {
            phase,
            beside: Some("next".to_owned()),
            folds: Some("theirs".to_owned()),
            ..State::nothing()
        };
        for phase in [Phase::Building, Phase::Built] {
            assert_eq!(of(phase).written_by("theirs"), Some("next"));
            assert_eq!(of(phase).written_by("ours"), None);
        }
        assert_eq!(of(Phase::Kept).written_by("ours"), Some("next"));
        assert_eq!(State::nothing().written_by("ours"), None);
        for phase in [Phase::None, Phase::Building, Phase::Built, Phase::Kept] {
            assert_eq!(Phase::parse(phase.as_str()), Some(phase));
        }
    }
}

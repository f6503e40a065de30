//! A plan in words, for whoever reads a seed.

use std::fmt;

use super::Plan;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feed = match (self.captured, self.changes_feed) {
            (true, None) => "change capture".to_owned(),
            (false, None) => "outbox".to_owned(),
            (true, Some(at)) => format!("change capture, outbox from {at:?} on"),
            (false, Some(at)) => format!("outbox, change capture from {at:?} on"),
        };
        writeln!(
            f,
            "seed {}: {feed}, {} shards, deadlines {:?} and {:?}",
            self.seed, self.shards, self.timeout, self.capture_timeout
        )?;
        writeln!(f, "  of a thousand: {:?}", self.rates)?;
        writeln!(
            f,
            "  duplicates {}‰, shuffled {}, skews {:?} ms, calm after {:?}",
            self.duplicates, self.shuffled, self.skews, self.calm_after
        )?;
        if self.gives_hints() {
            writeln!(f, "  what a process writes wakes its own readers")?;
        }
        if self.subscribes() {
            writeln!(f, "  bridges subscribe to shards")?;
        }
        if self.discards {
            writeln!(f, "  somebody discards confirmations")?;
        }
        if let Some(remainder) = self.newer {
            writeln!(f, "  processes whose number modulo two is {remainder} are of a newer release")?;
        }
        if let Some((new, at)) = self.new_type {
            writeln!(f, "  {new:?} is a type of that release alone; the others are upgraded from {at:?} on")?;
        }
        if let Some(limits) = self.limits {
            writeln!(f, "  a second: {limits:?}")?;
        }
        if let Some(absence) = self.absence {
            writeln!(f, "  days pass: {absence:?}")?;
        }
        if let Some(rival) = self.rival {
            writeln!(f, "  a bridge without the others' leases: {rival:?}")?;
        }
        if let Some(customer) = self.refused {
            writeln!(f, "  no mail reaches customer {customer}")?;
        }
        for (index, goods) in self.goods.iter().enumerate() {
            writeln!(f, "  product {index}: {goods:?}")?;
        }
        for errand in &self.errands {
            writeln!(f, "  errand: {errand:?}")?;
        }
        for basket in &self.baskets {
            writeln!(f, "  cart: {basket:?}")?;
        }
        for priced in &self.prices {
            writeln!(f, "  price stream: {priced:?}")?;
        }
        for (at, happening) in &self.happenings {
            writeln!(f, "  {at:?}: {happening:?}")?;
        }
        Ok(())
    }
}

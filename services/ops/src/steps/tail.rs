//! The end of the stream, looked at once a second: no lease, no checkpoint, nothing that the bridge could see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::Header;
use shotengai_contracts::api::ops::steps::Step;
use shotengai_messaging::ports::stream::{CursorExpired, PositionGone};
use shotengai_messaging::receipts::order_in;
use shotengai_messaging::{Fault, FaultKind, ShardBatch, ShardCursor, StartAt, StreamReader};
use tokio::time::{Instant, timeout};

/// Records of a read. A shard takes a thousand a second; the bridge wants its part of the two megabytes that it gives.
const LIMIT: usize = 500;
/// Whoever watches wants what happens now. What is further behind is passed over, and said.
const BEHIND: Duration = Duration::from_secs(10);
/// How long a read may take.
const WITHIN: Duration = Duration::from_secs(2);
/// How often the list of shards is read; a shard that ends has it read at once.
const LIST_EVERY: Duration = Duration::from_secs(30);
/// The longest rest of a shard that could not be read: five reads a second are all that there are, and the bridge goes first.
const LONGEST_REST: Duration = Duration::from_secs(16);

/// The texts of the events in a record of the stream.
pub(crate) type Texts = fn(&[u8]) -> Vec<String>;

/// Where a shard is read on.
struct Place {
    cursor: Option<ShardCursor>,
    start: StartAt,
    failures: u32,
    rests_until: Option<Instant>,
}

/// What a read came to.
enum Read {
    Rested,
    Batch(ShardBatch),
    Failed(Fault),
    Late,
}

/// What was seen since the look before.
pub(crate) struct Looked {
    pub(crate) steps: Vec<Step>,
    /// Whether something may have been passed over.
    pub(crate) missed: bool,
    /// Whether every shard was read.
    pub(crate) whole: bool,
}

/// The ends of all shards.
pub(crate) struct Tail {
    reader: Arc<dyn StreamReader>,
    texts: Texts,
    places: BTreeMap<String, Place>,
    /// Shards that were read to their end.
    ended: BTreeSet<String>,
    listed: Option<Instant>,
    begun: bool,
}

impl Tail {
    /// From now on.
    pub(crate) fn new(reader: Arc<dyn StreamReader>, texts: Texts) -> Self {
        let (places, ended) = (BTreeMap::new(), BTreeSet::new());
        Self { reader, texts, places, ended, listed: None, begun: false }
    }

    /// Reads each shard once.
    pub(crate) async fn look(&mut self) -> Looked {
        let mut looked = Looked { steps: Vec::new(), missed: false, whole: true };
        if self.listed.is_none_or(|listed| listed.elapsed() >= LIST_EVERY)
            && let Err(fault) = self.list().await
        {
            tracing::debug!(%fault, "the shards can't be listed for those who watch orders");
            looked.whole = false;
        }
        let reader = self.reader.as_ref();
        let reads = self.places.iter_mut().map(|(shard, place)| async move {
            let read = place.read(reader, shard).await;
            (shard.clone(), read)
        });
        for (shard, read) in join_all(reads).await {
            self.note(shard, read, &mut looked);
        }
        looked.steps.sort_by_key(|step| step.at);
        looked
    }

    /// Finds shards that are new. The first ones are read from now on; of later ones, which came of a split or a merge, all is new.
    async fn list(&mut self) -> Result<(), Fault> {
        let Ok(shards) = timeout(WITHIN, self.reader.shards()).await else {
            return Err(Fault::new(FaultKind::Transient, "stream.shards", "no answer in time"));
        };
        let shards: BTreeSet<_> = shards?.into_iter().map(|shard| shard.id).collect();
        self.places.retain(|shard, _| shards.contains(shard));
        self.ended.retain(|shard| shards.contains(shard));
        let start = if self.begun { StartAt::Oldest } else { StartAt::Latest };
        for shard in shards {
            if !self.ended.contains(&shard) {
                self.places.entry(shard).or_insert_with(|| Place::at(start.clone()));
            }
        }
        (self.listed, self.begun) = (Some(Instant::now()), true);
        Ok(())
    }

    fn note(&mut self, shard: String, read: Read, looked: &mut Looked) {
        let Some(place) = self.places.get_mut(&shard) else { return };
        let batch = match read {
            Read::Rested => {
                looked.whole = false;
                return;
            }
            Read::Batch(batch) => batch,
            Read::Failed(fault) if CursorExpired::is_cause_of(&fault) => {
                // Where nothing was read yet, nothing says where it was to begin.
                looked.missed |= place.start == StartAt::Latest;
                (place.cursor, looked.whole) = (None, false);
                return;
            }
            Read::Failed(fault) if PositionGone::is_cause_of(&fault) => {
                *place = Place::at(StartAt::Latest);
                (looked.missed, looked.whole) = (true, false);
                return;
            }
            Read::Failed(fault) => {
                tracing::debug!(%fault, shard, "a shard can't be read for those who watch orders");
                place.rest();
                looked.whole = false;
                return;
            }
            Read::Late => {
                place.rest();
                looked.whole = false;
                return;
            }
        };
        place.failures = 0;
        for record in &batch.records {
            looked.steps.extend((self.texts)(&record.data).iter().filter_map(|text| step(text, &shard)));
        }
        if let Some(last) = batch.records.last() {
            place.start = StartAt::After(last.position.clone());
        }
        if batch.next.is_none() {
            self.places.remove(&shard);
            self.ended.insert(shard);
            self.listed = None;
        } else if batch.behind_ms > i64::try_from(BEHIND.as_millis()).unwrap_or(i64::MAX) {
            *place = Place::at(StartAt::Latest);
            looked.missed = true;
        } else {
            place.cursor = batch.next;
        }
    }
}

impl Place {
    const fn at(start: StartAt) -> Self {
        Self { cursor: None, start, failures: 0, rests_until: None }
    }

    /// Twice as long each time. Its cursor is good for some minutes more.
    fn rest(&mut self) {
        self.failures += 1;
        let rest = Duration::from_secs(1 << self.failures.min(8)).min(LONGEST_REST);
        self.rests_until = Some(Instant::now() + rest);
    }

    async fn read(&mut self, reader: &dyn StreamReader, shard: &str) -> Read {
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return Read::Rested;
        }
        self.rests_until = None;
        let reading = async {
            let cursor = match self.cursor.take() {
                Some(cursor) => cursor,
                None => reader.cursor(shard, &self.start).await?,
            };
            // Kept for when this read comes to nothing.
            reader.read(self.cursor.insert(cursor), LIMIT).await
        };
        match timeout(WITHIN, reading).await {
            Ok(Ok(batch)) => Read::Batch(batch),
            Ok(Err(fault)) => Read::Failed(fault),
            Err(_) => Read::Late,
        }
    }
}

/// The step that an event is; none where it names no order. Nothing else of it is looked at.
fn step(text: &str, shard: &str) -> Option<Step> {
    let order_id = order_in(text)?;
    let header = Header::read(text.as_bytes()).ok()?;
    let event_type = header.known_type().ok()?;
    Some(Step {
        order_id,
        event_type: event_type.as_str().to_owned(),
        service: event_type.owner().as_str().to_owned(),
        shard: shard.to_owned(),
        at: header.time,
    })
}

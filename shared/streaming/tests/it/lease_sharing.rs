//! Shards that are shared: who has how many, and how they move.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::{Random, SeededRandom};
use shotengai_messaging::{FaultKind, Lease, LeaseChange, Leases};
use shotengai_streaming::shard::ShardConfig;
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use super::lease_trouble::Ice;
use super::shard::Notes;
use super::{Running, SECOND, Street, until, until_found};

pub(crate) const LEASE: Duration = Duration::from_secs(15);

impl Street {
    pub(crate) fn leases(&self) -> Arc<dyn Leases> {
        self.checkpoints().leases()
    }

    pub(crate) async fn lease(&self, name: &str) -> Option<Lease> {
        self.leases().list().await.unwrap().into_iter().find(|lease| lease.name == name)
    }

    pub(crate) async fn members(&self) -> usize {
        let all = self.leases().list().await.unwrap();
        all.iter().filter(|lease| lease.name.starts_with("member/")).count()
    }

    /// Who holds which shards.
    pub(crate) async fn holders(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for lease in self.leases().list().await.unwrap() {
            if let Some(holder) = lease.holder.filter(|_| !lease.name.starts_with("member/")) {
                holders.entry(holder).or_default().insert(lease.name);
            }
        }
        holders
    }

    /// How many shards each holder has, the largest first.
    pub(crate) async fn shares(&self) -> Vec<usize> {
        let mut shares: Vec<_> = self.holders().await.values().map(BTreeSet::len).collect();
        shares.sort_unstable_by(|a, b| b.cmp(a));
        shares
    }

    pub(crate) async fn until_shared(&self, shares: &[usize]) {
        until_found(&format!("shares are {shares:?}"), || async { self.shares().await == shares }).await;
    }

    pub(crate) fn member(&self, notes: &Arc<Notes>) -> Running {
        self.reading(ShardConfig::default(), notes)
    }

    /// The shards' leases as they stand: shard, holder and transitions.
    async fn standing(&self) -> Vec<(String, Option<String>, u64)> {
        let all = self.leases().list().await.unwrap();
        all.into_iter().map(|lease| (lease.name, lease.holder, lease.transitions)).collect()
    }

    /// One record for each of so many keys.
    pub(crate) async fn put_many(&self, keys: std::ops::Range<usize>) {
        for key in keys {
            self.put(&format!("key-{key}"), &key.to_string()).await;
        }
    }
}

pub(crate) fn seen(notes: &[&Arc<Notes>]) -> BTreeSet<String> {
    notes.iter().flat_map(|notes| notes.data()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_alone_reads_all_shards_at_once() {
    let street = Street::with_shards(4);
    let notes = Arc::new(Notes::default());
    street.put_many(0..40).await;
    let start = Instant::now();
    let running = street.member(&notes);
    until("all is read", || notes.data().len() == 40).await;
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_share_four_shards_two_and_two_and_then_nothing_moves() {
    let street = Street::with_shards(4);
    let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let first = street.member(&one);
    street.until_shared(&[4]).await;
    let before = street.holders().await.into_values().next().unwrap();
    let start = Instant::now();
    let second = street.member(&other);
    street.until_shared(&[2, 2]).await;
    assert!(start.elapsed() < LEASE / 2, "shards are handed over, not waited for: {:?}", start.elapsed());
    assert!(street.holders().await.values().any(|held| held.is_subset(&before)), "two stayed where they were");
    let standing = street.standing().await;
    tokio::time::sleep(600 * SECOND).await;
    assert_eq!(street.standing().await, standing, "nothing moves any more");
    street.put_many(0..40).await;
    until("all is read", || one.data().len() + other.data().len() == 40).await;
    assert_eq!(seen(&[&one, &other]).len(), 40, "each record by one of them");
    first.stop().await;
    second.stop().await;
}

#[tokio::test(start_paused = true)]
async fn three_share_four_shards_and_a_fifth_member_has_none() {
    let street = Street::with_shards(4);
    let notes = Arc::new(Notes::default());
    let mut members: Vec<_> = (0..3).map(|_| street.member(&notes)).collect();
    street.until_shared(&[2, 1, 1]).await;
    members.extend((0..2).map(|_| street.member(&notes)));
    street.until_shared(&[1, 1, 1, 1]).await;
    assert_eq!(street.members().await, 5);
    for member in members {
        member.stop().await;
    }
    assert_eq!((street.shares().await, street.members().await), (vec![], 0), "nobody holds anything");
}

#[tokio::test(start_paused = true)]
async fn the_shards_of_one_that_was_killed_move_within_the_lease_time() {
    for seed in 0..20 {
        let street = Street::with_shards(4);
        let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
        let survivor = street.member(&one);
        let victim = street.member(&other);
        street.until_shared(&[2, 2]).await;
        // At any place between two renewals.
        tokio::time::sleep(30 * SECOND + Duration::from_millis(SeededRandom::new(seed).below(5000))).await;
        victim.task.abort();
        let killed = Instant::now();
        street.put_many(0..40).await;
        until("all is read", || seen(&[&one, &other]).len() == 40).await;
        let took = killed.elapsed();
        assert!((LEASE / 4..=LEASE).contains(&took), "{took:?}");
        street.until_shared(&[4]).await;
        until_found("the dead member is forgotten", || async { street.members().await == 1 }).await;
        survivor.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_ends_hands_its_shards_over_at_once() {
    let street = Street::with_shards(4);
    let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let stays = street.member(&one);
    let leaves = street.member(&other);
    street.until_shared(&[2, 2]).await;
    street.put_many(0..40).await;
    until("all is read", || seen(&[&one, &other]).len() == 40).await;
    leaves.stop().await;
    assert_eq!((street.shares().await, street.members().await), (vec![2], 1), "its leases are given back");
    let left = Instant::now();
    street.put_many(40..80).await;
    until("all is read", || seen(&[&one, &other]).len() == 80).await;
    assert!(left.elapsed() < LEASE / 5, "{:?}", left.elapsed());
    assert_eq!(one.data().len() + other.data().len(), 80, "what was applied was saved before");
    stays.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_successor_has_what_its_predecessor_held_within_the_lease_time() {
    let street = Street::with_shards(4);
    let notes = Arc::new(Notes::default());
    let killed = street.member(&notes);
    street.until_shared(&[4]).await;
    killed.task.abort();
    street.put_many(0..40).await;
    let start = Instant::now();
    let successor = street.member(&notes);
    until("all is read", || seen(&[&notes]).len() == 40).await;
    assert!(start.elapsed() <= LEASE, "{:?}", start.elapsed());
    successor.stop().await;
}

#[tokio::test(start_paused = true)]
async fn shards_split_and_merge_under_several_readers_and_parents_come_first() {
    let street = Street::with_shards(2);
    let stream = street.infra.memory_stream();
    let notes = Arc::new(Notes::default());
    let members: Vec<_> = (0..3).map(|_| street.member(&notes)).collect();
    street.until_shared(&[1, 1]).await;
    let put = |generation: usize| {
        let street = &street;
        async move {
            for key in 0..30 {
                street.put(&format!("key-{key}"), &format!("{generation}/{key}")).await;
            }
        }
    };
    put(0).await;
    let (lower, upper) = stream.split("shardId-000000000000").unwrap();
    put(1).await;
    stream.split("shardId-000000000001").unwrap();
    put(2).await;
    stream.merge(&lower, &upper).unwrap();
    put(3).await;
    until("all is read", || seen(&[&notes]).len() == 120).await;
    let data = notes.data();
    for key in 0..30 {
        let of_key: Vec<_> = data.iter().filter(|data| data.ends_with(&format!("/{key}"))).collect();
        assert!(of_key.is_sorted(), "key {key}: {of_key:?}");
    }
    street.until_shared(&[1, 1, 1]).await;
    let readable: BTreeSet<_> = street.holders().await.into_values().flatten().collect();
    assert_eq!(readable.len(), 3, "leases of shards that have ended are deleted");
    for ended in ["shardId-000000000000", "shardId-000000000001", &lower, &upper] {
        assert!(street.checkpoint(ended).await.unwrap().ended, "{ended}");
    }
    for member in members {
        member.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn storms_of_joins_leaves_kills_and_faults_settle_and_lose_nothing() {
    // Idle reads are not what this is about, and cost the test its time.
    let config = ShardConfig { idle_after: SECOND, idle_poll: 2 * SECOND, ..ShardConfig::default() };
    for seed in 0..12 {
        let street = Street::with_shards(5);
        let random = SeededRandom::new(seed);
        let notes = Arc::new(Notes::default());
        let mut members: Vec<Running> = Vec::new();
        let mut put = 0;
        street.faults.each_nth("table.put", 11, 200, InjectedFault::LoseAnswer);
        street.faults.each_nth("table.list", 13, 100, InjectedFault::Refuse(FaultKind::Throttled));
        street.faults.each_nth("stream.read", 17, 200, InjectedFault::Refuse(FaultKind::Transient));
        for _ in 0..60 {
            match random.below(3) {
                0 if members.len() < 6 => members.push(street.reading(config, &notes)),
                1 if !members.is_empty() => members.swap_remove(0).stop().await,
                2 if !members.is_empty() => members.swap_remove(0).task.abort(),
                _ => {}
            }
            street.put_many(put..put + 10).await;
            put += 10;
            tokio::time::sleep(Duration::from_millis(random.below(8000))).await;
        }
        street.faults.calm();
        while members.len() < 3 {
            members.push(street.reading(config, &notes));
        }
        let mut shares = vec![0; members.len()];
        (0..5).for_each(|shard| shares[shard % members.len()] += 1);
        shares.retain(|share| *share > 0);
        until("all is read", || seen(&[&notes]).len() == put).await;
        street.until_shared(&shares).await;
        tokio::time::sleep(LEASE).await;
        let standing = street.shares().await;
        tokio::time::sleep(20 * LEASE).await;
        assert_eq!(street.shares().await, standing, "seed {seed}: it has settled");
        // Every checkpoint stands at the last record of its shard, and what lies before was handled.
        let all = street.infra.memory_stream().records();
        let mut last: BTreeMap<String, String> = BTreeMap::new();
        for record in all {
            last.insert(street.shard_of(&record.key), record.position);
        }
        for (shard, position) in last {
            assert_eq!(street.checkpoint(&shard).await.unwrap().position, Some(position), "seed {seed}, {shard}");
        }
        for member in members {
            member.stop().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_given_to_an_owner_whose_answer_was_lost_is_read_all_the_same() {
    let street = Street::with_shards(4);
    let notes = Arc::new(Notes::default());
    let lease = street.leases().create("shardId-000000000000", "gone", LEASE).await.unwrap();
    street.leases().change(&lease, LeaseChange::Release).await.unwrap();
    street.faults.each_nth("table.put", 2, 12, InjectedFault::LoseAnswer);
    street.put_many(0..40).await;
    let running = street.member(&notes);
    let start = Instant::now();
    until("all is read", || seen(&[&notes]).len() == 40).await;
    assert!(start.elapsed() < LEASE, "{:?}", start.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_process_renews_one_lease_however_many_shards_it_holds() {
    let street = Street::with_shards(8);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.until_shared(&[8]).await;
    tokio::time::sleep(60 * SECOND).await;
    let before = street.faults.calls("table.put");
    tokio::time::sleep(600 * SECOND).await;
    let renewals = street.faults.calls("table.put") - before;
    assert!((165..=175).contains(&renewals), "{renewals} in ten minutes, one each 3.5 s");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_leaves_slowly_keeps_what_it_is_at_and_no_more() {
    let street = Street::with_shards(4);
    let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let ice = Arc::new(Ice::default());
    let slow = street.freezing(&ice, street.leases(), &other);
    street.until_shared(&[4]).await;
    let owner = street.holders().await.into_keys().next().unwrap();
    let stays = street.member(&one);
    street.until_shared(&[2, 2]).await;
    let held = &street.holders().await[&owner];
    let key = (0..).map(|n| format!("key-{n}")).find(|key| held.contains(&street.shard_of(key))).unwrap();
    ice.freeze(true);
    street.put(&key, "a").await;
    until("it is in the middle of a batch", || other.data() == ["a"]).await;
    let leaving = Instant::now();
    let stopped = tokio::spawn(slow.stop());
    street.until_shared(&[3, 1]).await;
    assert!(leaving.elapsed() < LEASE / 5, "what it is not at moves at once: {:?}", leaving.elapsed());
    tokio::time::sleep(2 * LEASE).await;
    assert_eq!(street.holders().await[&owner].len(), 1, "what it is at is left to it");
    ice.freeze(false);
    stopped.await.unwrap();
    street.until_shared(&[4]).await;
    assert_eq!((one.data().len(), street.members().await), (0, 1), "it was saved before it was given back");
    stays.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_whose_lease_another_has_taken_is_read_no_more() {
    let street = Street::with_shards(2);
    let notes = Arc::new(Notes::default());
    let running = street.member(&notes);
    street.until_shared(&[2]).await;
    let shard = street.shard_of("key");
    let take = LeaseChange::TakeOver { holder: "a stranger".to_owned(), duration: LEASE };
    let mut lease = street.leases().change(&street.lease(&shard).await.unwrap(), take).await.unwrap();
    tokio::time::sleep(LEASE / 3).await;
    street.put("key", "a").await;
    for _ in 0..10 {
        tokio::time::sleep(LEASE / 2).await;
        lease = street.leases().change(&lease, LeaseChange::Renew).await.unwrap();
    }
    assert_eq!(notes.data(), [""; 0], "the stranger's is left to it");
    street.leases().change(&lease, LeaseChange::Release).await.unwrap();
    until("what it gave back is read", || notes.data() == ["a"]).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_its_holder_reads_nothing_by_is_given_back_to_who_has_room() {
    let street = Street::with_shards(2);
    let (one, other) = (Arc::new(Notes::default()), Arc::new(Notes::default()));
    let members = [street.member(&one), street.member(&other)];
    street.until_shared(&[1, 1]).await;
    for _ in 0..5 {
        // As by a call that was given up, and was done all the same.
        let holders = street.holders().await;
        let [(from, _), (to, _)] = holders.iter().collect::<Vec<_>>()[..] else { panic!("{holders:?}") };
        let lease = street.lease(holders[from].first().unwrap()).await.unwrap();
        let take = LeaseChange::TakeOver { holder: to.clone(), duration: LEASE * 7 / 10 };
        street.leases().change(&lease, take).await.unwrap();
        let taken = Instant::now();
        street.until_shared(&[1, 1]).await;
        assert!(taken.elapsed() < LEASE / 3, "{:?}", taken.elapsed());
        tokio::time::sleep(LEASE).await;
    }
    street.put_many(0..20).await;
    until("all is read", || seen(&[&one, &other]).len() == 20).await;
    for member in members {
        member.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_of_all_leases_every_shard_is_read_by_somebody() {
    for seed in 0..10 {
        let street = Street::with_shards(6);
        let notes = Arc::new(Notes::default());
        let members: Vec<_> = (0..3).map(|_| street.member(&notes)).collect();
        street.until_shared(&[2, 2, 2]).await;
        for round in 0..4 {
            street.faults.always("table.put", InjectedFault::Refuse(FaultKind::Transient));
            tokio::time::sleep(Duration::from_millis(8000 + 1300 * SeededRandom::new(seed).below(9))).await;
            street.faults.end("table.put");
            street.put_many(round * 30..round * 30 + 30).await;
            let back = Instant::now();
            until("all is read", || seen(&[&notes]).len() == round * 30 + 30).await;
            assert!(back.elapsed() < 2 * LEASE, "seed {seed}: {:?}", back.elapsed());
            tokio::time::sleep(2 * LEASE).await;
            street.until_shared(&[2, 2, 2]).await;
        }
        for member in members {
            member.stop().await;
        }
    }
}

//! The event store: commits that go together and stand alone.

use shotengai_messaging::commit::Commit;
use shotengai_messaging::ports::store::{APPEND_EACH_MAX, AppendError};

use super::store::Case;

/// Checks [`EventStore::append_each`](shotengai_messaging::EventStore::append_each) and
/// [`EventStore::restore_each`](shotengai_messaging::EventStore::restore_each).
pub(super) async fn check(case: &Case) {
    assert!(case.each(&[]).await.is_empty(), "nothing has no answers");
    each_is_answered_for_itself_in_any_order(case).await;
    one_that_can_not_be_written_is_refused_alone(case).await;
    one_of_many_rivals_gets_the_slot(case).await;
    what_is_restored_is_in_the_stream_already(case).await;
}

impl Case {
    async fn each(&self, commits: &[Commit]) -> Vec<Result<(), AppendError>> {
        let answers = self.store.append_each(commits).await.expect("a request is answered");
        assert_eq!(answers.len(), commits.len(), "one answer a commit");
        answers
    }

    /// In an order that chance decides.
    fn shuffled(&self, mut commits: Vec<Commit>) -> Vec<Commit> {
        let mut shuffled = Vec::with_capacity(commits.len());
        while let Ok(left @ 1..) = u64::try_from(commits.len()) {
            let next = usize::try_from(self.ports.random.below(left)).expect("an index");
            shuffled.push(commits.swap_remove(next));
        }
        shuffled
    }
}

async fn each_is_answered_for_itself_in_any_order(case: &Case) {
    let taken: Vec<Commit> = (0..8).map(|_| case.commit(&case.id(), 0, 1)).collect();
    case.append(&taken).await;
    // A third of them new, a third that stand already, a third that others stand in the way of.
    let rivals = taken.iter().map(|commit| case.commit(&commit.aggregate_id, 0, 2)).collect::<Vec<_>>();
    let fresh: Vec<Commit> = (0..9).map(|_| case.commit(&case.id(), 0, 2)).collect();
    let ours: Vec<Commit> = (0..8).map(|_| case.commit(&case.id(), 0, 3)).collect();
    case.append(&ours).await;
    let commits = case.shuffled([fresh.clone(), ours.clone(), rivals.clone()].concat());
    assert_eq!(commits.len(), APPEND_EACH_MAX, "as many as go");
    for _ in 0..2 {
        for (commit, answer) in commits.iter().zip(case.each(&commits).await) {
            match answer {
                Ok(()) => assert!(!rivals.contains(commit), "a taken slot is not written"),
                Err(AppendError::Conflict { indexes }) => {
                    assert!(rivals.contains(commit) && indexes == [0], "a conflict is that of its own commit");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    for commit in fresh.iter().chain(&ours).chain(&taken) {
        assert_eq!(
            case.load(&commit.aggregate_id, 0).await,
            std::slice::from_ref(commit),
            "written once, and no other"
        );
    }
}

async fn one_that_can_not_be_written_is_refused_alone(case: &Case) {
    let mut commits = vec![case.commit(&case.id(), 0, 1), case.commit(&case.id(), 0, 1), case.commit(&case.id(), 0, 1)];
    let padding = serde_json::Value::String("x".repeat(500 * 1024));
    let large = commits.get_mut(1).expect("three");
    large.events.iter_mut().for_each(|event| event.data = padding.clone());
    let answers = case.each(&commits).await;
    assert!(matches!(answers.as_slice(), [Ok(()), Err(AppendError::Unwritable(_)), Ok(())]), "{answers:?}");
    for (commit, stands) in commits.iter().zip([true, false, true]) {
        assert_eq!(case.load(&commit.aggregate_id, 0).await.len(), usize::from(stands));
    }
    let only_large = case.each(&commits[1..2]).await;
    assert!(matches!(only_large.as_slice(), [Err(AppendError::Unwritable(_))]));
}

async fn one_of_many_rivals_gets_the_slot(case: &Case) {
    let ids: Vec<_> = (0..5).map(|_| case.id()).collect();
    let requests: Vec<Vec<Commit>> =
        (0..6).map(|_| case.shuffled(ids.iter().map(|id| case.commit(id, 0, 1)).collect())).collect();
    let answers = futures::future::join_all(requests.iter().map(|commits| case.each(commits))).await;
    for id in &ids {
        let winners: Vec<_> = requests
            .iter()
            .flatten()
            .zip(answers.iter().flatten())
            .filter(|(commit, answer)| commit.aggregate_id == *id && answer.is_ok())
            .map(|(commit, _)| commit.clone())
            .collect();
        assert_eq!(winners.len(), 1, "one request gets the slot of {id}");
        assert_eq!(case.load(id, 0).await, winners, "and its commit stands there");
    }
}

async fn what_is_restored_is_in_the_stream_already(case: &Case) {
    let commits: Vec<Commit> = (0..5).map(|_| case.commit(&case.id(), 0, 2)).collect();
    let rival = case.commit(&commits.first().expect("five").aggregate_id, 0, 1);
    for _ in 0..2 {
        let answers = case.store.restore_each(&commits).await.expect("a request is answered");
        assert!(answers.iter().all(Result::is_ok) && answers.len() == commits.len(), "{answers:?}");
    }
    let answers = case.store.restore_each(std::slice::from_ref(&rival)).await.expect("a request is answered");
    assert!(matches!(answers.as_slice(), [Err(AppendError::Conflict { .. })]), "{answers:?}");
    for commit in &commits {
        assert_eq!(case.load(&commit.aggregate_id, 0).await, std::slice::from_ref(commit));
    }
    let marked = case.store.marked(&commits).await.expect("the store answers");
    assert!(marked.iter().all(|marked| !marked), "nothing of it is published once more");
}

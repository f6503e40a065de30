//! Rows folded from histories of any length, which are read page by page.

use std::future::Future;

use shotengai_kernel::Version;
use shotengai_messaging::{Fault, HistoryPage};

use crate::domain::{Fold, Unfoldable, fold_commits};

/// Commits of a history that are in memory together.
pub(crate) const HISTORY_PAGE: usize = 500;

/// The row after all commits behind it; `page` reads those behind a version. None where nothing ever happened.
///
/// # Errors
/// Outside a [`Fault`] of `page`, inside the reason for which the commits make no row.
pub(crate) async fn fold_history<R: Fold, F>(
    mut row: Option<R>,
    page: impl Fn(Version) -> F,
) -> Result<Result<Option<R>, Unfoldable>, Fault>
where
    F: Future<Output = Result<HistoryPage, Fault>>,
{
    loop {
        let behind = row.as_ref().map_or(Version::ZERO, Fold::version);
        let read = page(behind).await?;
        row = match fold_commits(row, &read.commits) {
            Ok(row) => row,
            Err(error) => return Ok(Err(error)),
        };
        // A page that folds to nothing would be read for ever.
        let moved = row.as_ref().map_or(Version::ZERO, Fold::version) > behind;
        if !read.more || !moved {
            return Ok(Ok(row));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use shotengai_contracts::{EventType, Metadata, samples};
    use shotengai_kernel::{AggregateId, Ports};
    use shotengai_messaging::{Commit, CommitFactory};

    use super::*;
    use crate::domain::ProductRow;

    fn commit(factory: &CommitFactory, id: &AggregateId, current: u64, event_type: EventType) -> Commit {
        let (event, ports) = (samples::event(event_type).unwrap(), Ports::system());
        let meta = Metadata::request(ports.ids.uuid_v7(), None);
        factory.commit(id.clone(), Version::new(current), &[event], &meta).unwrap()
    }

    #[tokio::test]
    async fn a_long_history_is_read_page_by_page_and_makes_the_same_row() {
        let (factory, id) = (CommitFactory::new(Ports::system()), AggregateId::parse("prod_kinoko").unwrap());
        let mut commits = vec![commit(&factory, &id, 0, EventType::ProductCreated)];
        commits.extend((1..10).map(|current| commit(&factory, &id, current, EventType::ProductPriceChanged)));
        let asked = Mutex::new(Vec::new());
        let page = |after: Version| {
            asked.lock().unwrap().push(after.get());
            let rest: Vec<_> = commits.iter().filter(|commit| commit.first_version > after).cloned().collect();
            let more = rest.len() > 4;
            async move { Ok(HistoryPage { commits: rest.into_iter().take(4).collect(), more }) }
        };
        let row = fold_history::<ProductRow, _>(None, page).await.unwrap().unwrap();
        assert_eq!(row, fold_commits(None, &commits).unwrap());
        assert_eq!(*asked.lock().unwrap(), [0, 4, 8]);
    }
}

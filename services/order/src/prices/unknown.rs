//! Products that catalog knew nothing of a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_kernel::ProductId;
use tokio::time::Instant;

/// For so long catalog is not asked again. A product that is made meanwhile is for sale once its event is here.
const REMEMBERED: Duration = Duration::from_secs(5);
/// So many are remembered; some 1 MB. Who makes up more has catalog asked.
const MOST: usize = 10_000;

/// Products that don't exist, as far as is known.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    until: Mutex<HashMap<ProductId, Instant>>,
}

impl Unknown {
    /// Whether this product was unknown a moment ago.
    pub(super) fn has(&self, product: &ProductId) -> bool {
        self.lock().get(product).is_some_and(|until| *until > Instant::now())
    }

    /// Remembers that catalog knows no such product.
    pub(super) fn remember(&self, product: &ProductId) {
        let (now, mut all) = (Instant::now(), self.lock());
        if all.len() >= MOST {
            all.retain(|_, until| *until > now);
        }
        if all.len() < MOST {
            all.insert(product.clone(), now + REMEMBERED);
        }
    }

    /// Forgets it: there is such a product now.
    pub(super) fn forget(&self, product: &ProductId) {
        self.lock().remove(product);
    }

    // Nothing in here can be left half done.
    fn lock(&self) -> MutexGuard<'_, HashMap<ProductId, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> ProductId {
        ProductId::parse(&format!("prod_{number}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_unknown_is_asked_for_again_after_some_seconds_or_once_it_is_there() {
        let unknown = Unknown::default();
        unknown.remember(&id(1));
        unknown.remember(&id(2));
        unknown.forget(&id(2));
        assert!(unknown.has(&id(1)) && !unknown.has(&id(2)));
        tokio::time::advance(REMEMBERED).await;
        assert!(!unknown.has(&id(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_remembered_and_those_of_old_make_room() {
        let unknown = Unknown::default();
        (0..=MOST).for_each(|number| unknown.remember(&id(number)));
        assert!(unknown.has(&id(0)) && !unknown.has(&id(MOST)));
        tokio::time::advance(REMEMBERED).await;
        unknown.remember(&id(MOST));
        assert!(unknown.has(&id(MOST)) && unknown.lock().len() == 1);
    }
}

//! A cart as it was at a moment.

use shotengai_contracts::api::as_of::{AS_OF, AS_OF_AHEAD};
use shotengai_contracts::{Envelope, OrderEvent};
use shotengai_kernel::{Moment, Timestamp, UserId, Version};
use shotengai_messaging::{Aggregate, Fault, FaultKind, LookBackError};
use shotengai_runtime::Problem;

use crate::carts::domain::{Cart, Standing};
use crate::carts::service::{CartService, id_of};

/// Why a cart can't be looked at as it was.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The time is later than now.
    #[error("as_of is later than now")]
    Later,
    /// The version is still to come.
    #[error("the cart is at version {0}")]
    Ahead(Version),
    /// It could not be read.
    #[error(transparent)]
    LookBack(#[from] LookBackError),
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        match error {
            PastError::Later | PastError::Ahead(_) => {
                Self::of(&AS_OF_AHEAD).detail(error.to_string()).parameter(AS_OF.name)
            }
            PastError::LookBack(error) => error.into(),
        }
    }
}

impl CartService {
    /// A person's cart at a moment; empty before its first event, as it was shown then. Consistent. Of a version, that is
    /// when it was written.
    ///
    /// # Errors
    /// [`PastError`].
    pub async fn show_then(&self, user: &UserId, moment: Moment) -> Result<Standing, PastError> {
        if matches!(moment, Moment::Time(time) if time > self.clock().now()) {
            return Err(PastError::Later);
        }
        let mut cart = Cart::default();
        let fold = |envelope: &Envelope| {
            let event = OrderEvent::try_from(envelope.event().map_err(unfoldable)?).map_err(unfoldable)?;
            cart.apply(&event).map_err(unfoldable)
        };
        let reached = self.looks().fold(self.store(), &id_of(user), moment, fold).await?;
        let at = match moment {
            Moment::Version(wanted) if reached.version < wanted => return Err(PastError::Ahead(reached.version)),
            Moment::Version(_) => reached.time.unwrap_or(Timestamp::UNIX_EPOCH),
            Moment::Time(time) => time,
        };
        Ok(Standing::at(at, user, reached.version, &cart, reached.time))
    }
}

fn unfoldable(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new(FaultKind::Permanent, "order.cart_as_of", error)
}

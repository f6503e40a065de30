//! The events of one owner: what its aggregates fold, and what they refuse to.

use std::fmt::Debug;

use super::{Event, EventType, Owner};

/// An enum of the events that one service owns. An aggregate that folds it has to say something about each of them.
pub trait OwnedEvent:
    Into<Event> + TryFrom<Event, Error = ForeignEvent> + Clone + Debug + PartialEq + Send + Sync + 'static
{
    /// The owner.
    const OWNER: Owner;

    /// Which event this is.
    fn event_type(&self) -> EventType;
}

/// An event of another owner than the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event_type} is no event of {}", .wanted.as_str())]
pub struct ForeignEvent {
    /// What it is.
    pub event_type: EventType,
    /// Whose it would have to be.
    pub wanted: Owner,
}

/// An event in a history where it can't be: that of another kind of aggregate, or one that does not follow what came
/// before. Nobody writes such a history, so it is a fault and never skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} can't happen to this aggregate now")]
pub struct Misplaced(pub EventType);

impl Misplaced {
    /// Says this of an event.
    #[must_use]
    pub fn of(event: &impl OwnedEvent) -> Self {
        Self(event.event_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{BillingEvent, CatalogEvent, InventoryEvent, OrderEvent};
    use crate::samples;

    fn taken<E: OwnedEvent>(event_type: EventType) -> bool {
        let event = samples::event(event_type).unwrap();
        match E::try_from(event.clone()) {
            Ok(owned) => {
                assert_eq!((owned.event_type(), E::OWNER), (event_type, event_type.owner()));
                assert_eq!(owned.into(), event, "there and back");
                true
            }
            Err(foreign) => {
                assert_eq!(foreign, ForeignEvent { event_type, wanted: E::OWNER });
                false
            }
        }
    }

    #[test]
    fn every_event_belongs_to_the_enum_of_its_owner_and_to_no_other() {
        for event_type in EventType::ALL {
            let taken = [
                taken::<CatalogEvent>(*event_type),
                taken::<OrderEvent>(*event_type),
                taken::<InventoryEvent>(*event_type),
                taken::<BillingEvent>(*event_type),
            ];
            assert_eq!(taken, Owner::ALL.map(|owner| owner == event_type.owner()), "{event_type}");
        }
    }
}

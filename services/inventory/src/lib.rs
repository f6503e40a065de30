//! The inventory role: stock and reservations.

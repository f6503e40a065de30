//! The storefront role: accounts and the one door.

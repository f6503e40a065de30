//! Accounts: what is known about a person. Personal data live here and nowhere else in the street.

pub mod account;
pub mod email;
pub mod language;
pub mod password;

pub use account::{Account, Person, PersonName};
pub use email::{Email, EmailError};
pub use language::{Language, preferred};
pub use password::{NewPassword, PasswordError};

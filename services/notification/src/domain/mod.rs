//! What is decided about mails, without any I/O.

pub mod claim;
pub mod contact;
pub mod mail;

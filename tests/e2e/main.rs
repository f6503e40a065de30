//! The whole street, over HTTP, MiniStack, PostgreSQL and SMTP.

mod crash;
mod load;
mod outbox;
mod purchase;

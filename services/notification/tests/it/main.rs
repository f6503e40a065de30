//! notification from outside: what its mails look like, what its handler does, and real SMTP.

#![cfg(test)]

mod confluence;
mod contacts;
mod denied;
mod golden;
mod handler;
mod smtp;
mod support;

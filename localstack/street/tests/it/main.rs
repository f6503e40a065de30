//! The street's children, for real: processes are started, killed and started again.
//! Run with `--nocapture` to see how long the starts took.

// Clippy excuses test functions, not the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod bootstrap;
mod children;
mod killed_street;
mod machine;
mod ministack;
mod postgres;
mod support;

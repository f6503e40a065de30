//! Output of commands, to a reader that may leave before the end as `head` does. `println!` would panic then, in the middle of
//! what the command is at.
//!
//! A command whose reader has left does its work to the end and says no more. An output that takes nothing for another
//! reason, a full disk say, makes it fail once it is done: what was asked for did not arrive.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::OnceLock;

/// Prints a line to standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::print::line(format_args!($($text)*)) };
}

/// Prints a line to standard error.
macro_rules! say_error {
    ($($text:tt)*) => { $crate::print::complaint(format_args!($($text)*)) };
}

/// Why standard output took less than it was given, if it did.
static FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Prints a line to standard output. Use `say!`.
pub(crate) fn line(text: Arguments<'_>) {
    note(writeln!(io::stdout(), "{text}"));
}

/// Prints bytes to standard output as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    note(io::stdout().write_all(bytes));
}

/// Prints a line to standard error. Use `say_error!`. Where nobody reads that, there is nobody to tell.
pub(crate) fn complaint(text: Arguments<'_>) {
    writeln!(io::stderr(), "{text}").ok();
}

/// Whether all that was said could be written, or its reader had left.
///
/// # Errors
/// Why it could not.
pub(crate) fn finish() -> anyhow::Result<()> {
    note(io::stdout().flush());
    match FAILURE.get() {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::anyhow!("standard output could not be written: {error}"))
        }
        _ => Ok(()),
    }
}

fn note(outcome: io::Result<()>) {
    if let Err(error) = outcome {
        // The first is the cause; those after it follow from it.
        FAILURE.set(error).ok();
    }
}

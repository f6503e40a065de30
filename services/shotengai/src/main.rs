//! The one binary of Shotengai: its own roles, and nothing added.

use std::process::ExitCode;

fn main() -> ExitCode {
    shotengai::main(&[])
}

//! The one binary of Shotengai.
fn main() {}

//! Prints the AsyncAPI document: `cargo run -p shotengai-contracts --example asyncapi > docs/asyncapi.json`.
#![expect(clippy::print_stdout, reason = "the document is what this prints")]

use shotengai_contracts::asyncapi::document;
use shotengai_contracts::samples::SampleError;
use shotengai_contracts::topology::SHOTENGAI;

fn main() -> Result<(), SampleError> {
    println!("{:#}", document(&[&SHOTENGAI])?);
    Ok(())
}

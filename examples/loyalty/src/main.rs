//! The platform and loyalty in one program: `cargo run --bin shotengai-loyalty -- dev`.

fn main() -> std::process::ExitCode {
    shotengai::main(&[shotengai::Addition::of::<shotengai_loyalty::Loyalty>()])
}

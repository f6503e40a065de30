//! Puts the built web pages (`web/dist`) into the binary: each file as it is, and as brotli and gzip where the build made
//! them. Without built pages, or with `WEB=off`, the binary has none and serves the API alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-env-changed=WEB");
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo names the crate's folder")).join("web/dist");
    // A watched folder that is not there has cargo build this crate again every time.
    let _ = fs::create_dir_all(&dist);
    let mut files = Vec::new();
    if env::var("WEB").as_deref() != Ok("off") && dist.join("index.html").is_file() {
        collect(&dist, &dist, &mut files);
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in files {
        let coded = |ending: &str| {
            let coded = PathBuf::from(format!("{}.{ending}", path.display()));
            coded.is_file().then_some(coded)
        };
        let bytes = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
        let optional =
            |path: Option<PathBuf>| path.map_or_else(|| "None".to_owned(), |path| format!("Some({})", bytes(&path)));
        writeln!(
            table,
            "    File {{ name: {name:?}, plain: {}, brotli: {}, gzip: {} }},",
            bytes(&path),
            optional(coded("br")),
            optional(coded("gz"))
        )
        .expect("a string takes everything");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo names a folder for output"));
    fs::write(out.join("web_files.rs"), table).expect("the output folder can be written");
}

/// Names are paths below `root`, with `/` between their parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).expect("a folder of built pages can be read") {
        let entry = entry.expect("a folder of built pages can be read");
        let path = entry.path();
        // What begins with a dot is about the build.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            let name = path.strip_prefix(root).expect("it lies below").to_string_lossy().replace('\\', "/");
            files.push((name, path));
        }
    }
}

//! Puts the built web pages (`web/dist`) into the binary: each file as it is, and as brotli and gzip where the build made
//! them. Without built pages, or with `WEB=off`, the binary has none and serves the API alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error, fs, io};

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-env-changed=WEB");
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("web/dist");
    // A watched folder that is not there has cargo build this crate again every time; where none can be made it does so.
    let _ = fs::create_dir_all(&dist);
    let mut files = Vec::new();
    if env::var("WEB").as_deref() != Ok("off") && dist.join("index.html").is_file() {
        collect(&dist, &dist, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for (name, path) in files {
        let (plain, brotli, gzip) = (bytes(&path), coded(&path, "br"), coded(&path, "gz"));
        writeln!(table, "    File {{ name: {name:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},")?;
    }
    table.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("web_files.rs"), table)?;
    Ok(())
}

fn bytes(path: &Path) -> String {
    format!("include_bytes!({:?})", path.display().to_string())
}

/// The same file in a coding, where the build made one.
fn coded(path: &Path, ending: &str) -> String {
    let coded = PathBuf::from(format!("{}.{ending}", path.display()));
    if coded.is_file() { format!("Some({})", bytes(&coded)) } else { "None".to_owned() }
}

/// Names are paths below `root`, with `/` between their parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // What begins with a dot is about the build.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            let name = path.strip_prefix(root).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            files.push((name, path));
        }
    }
    Ok(())
}

//! More shards in simulated time, which the simulation's own program tells.

use serde::Serialize;
use tokio::process::Command;

/// How throughput grows with shards.
#[derive(Debug, Serialize)]
pub(crate) struct Shards {
    /// The simulation's own table, in Markdown.
    pub(crate) table: String,
    /// Throughput of the most shards ÷ that of one, where the table's last column has it.
    pub(crate) most_times_one: Option<f64>,
}

/// The table, where that program stands beside this one and knows how to make it.
pub(crate) async fn measure() -> Option<Shards> {
    let program = std::env::current_exe().ok()?.with_file_name("shotengai-simulate");
    let output = Command::new(program).arg("--scaling").output().await.ok()?;
    // It fails where shards bring too little, and has a table all the same.
    read(&String::from_utf8(output.stdout).ok()?)
}

fn read(said: &str) -> Option<Shards> {
    let table = said.trim();
    if !table.starts_with('|') {
        return None;
    }
    let last = table.lines().last().and_then(|row| row.trim_end_matches('|').rsplit('|').next());
    let most_times_one = last.and_then(|cell| cell.trim().parse().ok());
    Some(Shards { table: table.to_owned(), most_times_one })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_tells_how_much_more_the_most_shards_bring() {
        let said = "| shards | events a second | × one |\n|---:|---:|---:|\n| 1 | 900 | 1.00 |\n| 8 | 6900 | 7.67 |\n";
        assert_eq!(read(said).unwrap().most_times_one, Some(7.67));
        assert!(read("").is_none() && read("error: no such flag").is_none());
    }
}

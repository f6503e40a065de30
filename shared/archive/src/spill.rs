//! Texts of aggregates, more than memory holds: divided among files, of which one is read at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use shotengai_kernel::AggregateId;

/// So many files; all that is of one aggregate is in the same.
const FILES: u8 = 128;
const BUFFER: usize = 16 * 1024;

/// Files without names, which are gone with the process whatever becomes of it.
pub struct Spill {
    files: Vec<BufWriter<File>>,
}

impl Spill {
    /// Files in this folder; none: where temporary files go.
    ///
    /// # Errors
    /// Where they can't be made.
    pub fn new(folder: Option<&Path>) -> io::Result<Self> {
        let file = |_| folder.map_or_else(tempfile::tempfile, tempfile::tempfile_in);
        let files = (0..FILES).map(file).map(|file| Ok(BufWriter::with_capacity(BUFFER, file?)));
        Ok(Self { files: files.collect::<io::Result<_>>()? })
    }

    /// Puts down a text of one line.
    ///
    /// # Errors
    /// Where there is no room.
    pub fn push(&mut self, aggregate: &AggregateId, text: &str) -> io::Result<()> {
        let digest = Sha256::digest(aggregate.as_str().as_bytes());
        let file = usize::from(digest.first().copied().unwrap_or_default() % FILES);
        let file = self.files.get_mut(file).ok_or_else(|| io::Error::other("no file"))?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")
    }

    /// The texts, a file at a time. May be read again.
    pub fn parts(&mut self) -> impl Iterator<Item = io::Result<Vec<String>>> + '_ {
        self.files.iter_mut().map(|file| {
            file.flush()?;
            file.get_mut().rewind()?;
            let lines = BufReader::new(file.get_ref()).lines().collect();
            file.get_mut().seek(io::SeekFrom::End(0))?;
            lines
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_texts_of_an_aggregate_are_in_one_part_as_often_as_they_are_read() {
        let mut spill = Spill::new(None).unwrap();
        for at in 0..3000 {
            let id = AggregateId::parse(&format!("ord_{}", at % 1000)).unwrap();
            spill.push(&id, &format!("{id} {at}")).unwrap();
        }
        for _ in 0..2 {
            let parts: Vec<Vec<String>> = spill.parts().map(Result::unwrap).collect();
            let of = |part: &Vec<String>| -> BTreeSet<String> {
                part.iter().map(|text| text.split(' ').next().unwrap().to_owned()).collect()
            };
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 3000);
            assert_eq!(parts.iter().map(of).map(|ids| ids.len()).sum::<usize>(), 1000);
            assert!(parts.iter().filter(|part| !part.is_empty()).count() > 100);
        }
    }
}

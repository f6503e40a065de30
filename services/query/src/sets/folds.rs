//! Fingerprint of this release's folds: the program's version, and a sum over the source text of what turns events into rows.
//! It is another one as soon as any of that changes, without anybody who has to remember to say so.

macro_rules! sources {
    ($($file:literal),+ $(,)?) => {
        /// The files that turn events into rows.
        #[cfg(test)]
        const FILES: &[&str] = &[$($file),+];
        const SUM: u64 = {
            let mut sum = FNV_OFFSET;
            $(sum = add(sum, include_bytes!(concat!("../", $file)));)+
            sum
        };
    };
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

sources!(
    "domain/cart.rs",
    "domain/mod.rs",
    "domain/order.rs",
    "domain/payment.rs",
    "domain/product.rs",
    "domain/stock.rs",
    "search/fold.rs",
    "search/typos.rs",
    "search/words.rs"
);

/// FNV-1a, which a constant can be made by.
const fn add(mut sum: u64, bytes: &[u8]) -> u64 {
    let mut rest = bytes;
    while let Some((byte, more)) = rest.split_first() {
        sum = (sum ^ *byte as u64).wrapping_mul(FNV_PRIME);
        rest = more;
    }
    sum
}

/// The fingerprint of this release's folds.
#[must_use]
pub fn fingerprint() -> String {
    format!("{}-{SUM:016x}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folds_is_in_the_sum() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("domain/{}", entry.unwrap().file_name().into_string().unwrap()))
            .collect();
        // Of search, those that make words of a row.
        files.extend(["fold", "typos", "words"].map(|name| format!("search/{name}.rs")));
        files.sort();
        assert_eq!(files, FILES);
    }

    #[test]
    fn another_text_has_another_sum() {
        let sum = |text: &str| add(FNV_OFFSET, text.as_bytes());
        assert_eq!(sum(""), FNV_OFFSET);
        assert_eq!(sum("a"), 0xaf63_dc4c_8601_ec8c);
        assert_ne!(sum("stock + 1"), sum("stock - 1"));
    }
}

//! The figures of the archiver.

use shotengai_metrics::{Counter, Definition, Label};

/// Records that were read from the stream for the archive.
pub(crate) static ARCHIVED: Counter<1> = Counter::new(
    "shotengai.archive.records",
    "{record}",
    "Records of the stream that were archived, or hold no event",
    &[Label::of("outcome", &["archived", "no_event"])],
);

/// Objects that were put into the archive.
pub(crate) static OBJECTS: Counter<0> =
    Counter::new("shotengai.archive.objects", "{object}", "Objects that were put into the archive", &[]);

/// Bytes of them.
pub(crate) static BYTES: Counter<0> =
    Counter::new("shotengai.archive.size", "By", "Bytes that were put into the archive, compressed", &[]);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [ARCHIVED.definition(), OBJECTS.definition(), BYTES.definition()];

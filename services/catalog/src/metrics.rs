//! The figures of catalog.

use shotengai_metrics::{Counter, Definition, Label};

/// Records of the price stream, by what became of them.
pub(crate) static PRICES: Counter<1> = Counter::new(
    "shotengai.prices.records",
    "{record}",
    "Records of the price stream that were read, by what became of them",
    &[Label::of("outcome", &["applied", "superseded", "set_aside"])],
);

/// Uploads of images, by what became of them.
pub(crate) static UPLOADS: Counter<1> = Counter::new(
    "shotengai.images.uploads",
    "{upload}",
    "Uploads of images that were handled, by what became of them",
    &[Label::of("outcome", &["ready", "refused", "repeated", "stray", "foreign"])],
);

/// Objects that the sweep took up.
pub(crate) static SWEPT: Counter<1> = Counter::new(
    "shotengai.images.swept",
    "{object}",
    "Objects of the image bucket that no image had, and that were deleted for that; of products that were never here, and kept; or that failed",
    &[Label::of("outcome", &["deleted", "foreign", "failed"])],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [PRICES.definition(), UPLOADS.definition(), SWEPT.definition()];

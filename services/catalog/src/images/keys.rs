//! Keys of objects. What was uploaded, and what was made of it by one attempt: `uploads/<product>/<image>` and
//! `images/<product>/<image>/<attempt>/<picture>`.

use shotengai_kernel::{ImageId, ProductId};
use uuid::Uuid;

/// How the keys of uploads begin: the bucket tells the queue of these.
pub const UPLOADS: &str = "uploads/";
/// How the keys of pictures begin.
pub const PICTURES: &str = "images/";

/// Place of an object in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Something that was uploaded.
    Upload(ProductId, ImageId),
    /// A picture.
    Picture(ProductId, ImageId),
}

/// The key of an upload.
#[must_use]
pub fn upload(product_id: &ProductId, image_id: &ImageId) -> String {
    format!("{UPLOADS}{product_id}/{image_id}")
}

/// How the keys of all pictures of an image begin.
#[must_use]
pub fn pictures(product_id: &ProductId, image_id: &ImageId) -> String {
    format!("{PICTURES}{product_id}/{image_id}/")
}

/// The key of a picture that this attempt made.
#[must_use]
pub fn picture(product_id: &ProductId, image_id: &ImageId, attempt: Uuid, name: &str) -> String {
    format!("{}{}/{name}", pictures(product_id, image_id), attempt.as_simple())
}

/// Place that a key names; nothing where it is none of ours.
#[must_use]
pub fn place(key: &str) -> Option<Place> {
    let mut parts = key.split('/');
    let (kind, product, image) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    match (kind, parts.count()) {
        ("uploads", 0) => Some(Place::Upload(product, image)),
        ("images", 2) => Some(Place::Picture(product, image)),
        _ => None,
    }
}

/// A key as S3 writes it into its notifications: as a form's field. Nothing where it is no UTF-8.
#[must_use]
pub fn decoded(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                16 * digit(rest.next()?)? + digit(rest.next()?)?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_journey() {
        let (product, image) = (ProductId::parse("prod_1").unwrap(), ImageId::parse("img_2").unwrap());
        assert_eq!(place(&upload(&product, &image)), Some(Place::Upload(product.clone(), image.clone())));
        let key = picture(&product, &image, Uuid::from_u128(3), "web.jpg");
        assert!(key.starts_with(&pictures(&product, &image)));
        assert_eq!(place(&key), Some(Place::Picture(product, image)));
    }

    #[test]
    fn a_key_of_somebody_elses_is_none_of_ours() {
        for key in [
            "",
            "uploads/",
            "uploads/prod_1",
            "uploads/prod_1/",
            "uploads/prod_1/img_1/",
            "uploads/prod_1/img_1/more",
            "uploads/prod_1/日本語",
            "uploads/../prod_1/img_1",
            "images/prod_1/img_1",
            "images/prod_1/img_1/a/b/c",
            "a/prod_1/img_1",
            "/uploads/prod_1/img_1",
        ] {
            assert_eq!(place(key), None, "{key}");
        }
    }

    #[test]
    fn keys_are_read_as_s3_writes_them() {
        for (encoded, key) in [
            ("uploads/prod_1/img_1", Some("uploads/prod_1/img_1")),
            ("a+b", Some("a b")),
            ("a%2Bb", Some("a+b")),
            ("a%252Bb", Some("a%2Bb")),
            ("%E6%97%A5%E6%9C%AC%E8%AA%9E", Some("日本語")),
            ("日本語", Some("日本語")),
            ("%", None),
            ("%2", None),
            ("%zz", None),
            ("%ff", None),
        ] {
            assert_eq!(decoded(encoded).as_deref(), key, "{encoded}");
        }
    }
}

//! Pictures of an upload: reads it within bounds, and writes what the shop shows. Pure, and slow: never on an asynchronous
//! thread.
//!
//! Nothing of the upload but its pixels goes on: what a camera writes about place, time and owner stays behind. Its colours
//! are taken as sRGB, whatever profile it has.
//!
//! WebP is written and never read: its reader knows no bound of memory.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, GenericImageView, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    ImageReader, Limits, Rgb, RgbImage, RgbaImage,
};
use shotengai_contracts::api::images::ImageType;

/// The most pixels of a side.
pub const MAX_SIDE: u32 = 12_000;
/// The most pixels of an image.
pub const MAX_PIXELS: u64 = 24_000_000;
/// The most bytes of an image's pixels: four a pixel.
pub const MAX_DECODED_BYTES: u64 = 4 * MAX_PIXELS;
/// Bytes that a decoder may have beside the pixels.
const DECODER_BYTES: u64 = 32 * 1024 * 1024;
/// The longer side of the large picture.
pub const WEB_SIDE: u32 = 1600;
/// The longer side of the small one.
pub const THUMBNAIL_SIDE: u32 = 320;
/// The longer side of what a placeholder is made of; ThumbHash takes no more than 100.
const PLACEHOLDER_SIDE: u32 = 100;
const JPEG_QUALITY: u8 = 82;
const WEBP_QUALITY: f32 = 80.0;

/// Why an upload is no image that the shop takes. The words are those that merchants are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It has no bytes, or more or fewer than were signed: only where a store takes what was not signed.
    #[error("other_size")]
    OtherSize,
    /// Its first bytes are of none of the types that are taken.
    #[error("not_an_image")]
    NotAnImage,
    /// It is of another type than the one that was signed.
    #[error("other_type")]
    OtherType,
    /// It has more pixels than are taken.
    #[error("too_many_pixels")]
    TooManyPixels,
    /// It can't be read to its end.
    #[error("damaged")]
    Damaged,
}

impl Unfit {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::OtherSize, Self::NotAnImage, Self::OtherType, Self::TooManyPixels, Self::Damaged];
}

/// A picture that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The end of its key.
    pub name: &'static str,
    /// Its type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All that was made of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// The pictures: large and small, WebP and JPEG.
    pub pictures: Vec<Rendered>,
    /// Pixels of the large one, from left to right.
    pub width: u32,
    /// Pixels of the large one, from top to bottom.
    pub height: u32,
    /// A ThumbHash.
    pub placeholder: Vec<u8>,
}

/// Makes the pictures of an upload that says to be of this type.
///
/// # Errors
/// [`Unfit`].
pub fn render(bytes: &[u8], declared: ImageType) -> Result<Pictures, Unfit> {
    let image = decode(bytes, declared)?;
    let web = shrunk(&image, WEB_SIDE);
    drop(image);
    let thumbnail = shrunk(&web, THUMBNAIL_SIDE);
    let small = shrunk(&thumbnail, PLACEHOLDER_SIDE).to_rgba8();
    let placeholder = thumbhash::rgba_to_thumb_hash(side(small.width()), side(small.height()), &small);
    let pictures = [
        ("web.webp", "image/webp", webp(&web)?),
        ("web.jpg", "image/jpeg", jpeg(&web)?),
        ("thumbnail.webp", "image/webp", webp(&thumbnail)?),
        ("thumbnail.jpg", "image/jpeg", jpeg(&thumbnail)?),
    ];
    let pictures = pictures.map(|(name, content_type, bytes)| Rendered { name, content_type, bytes });
    Ok(Pictures { pictures: pictures.into(), width: web.width(), height: web.height(), placeholder })
}

/// The pixels, upright. The header is judged before anything is read beyond it.
fn decode(bytes: &[u8], declared: ImageType) -> Result<DynamicImage, Unfit> {
    let format = match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => ImageType::Jpeg,
        Ok(ImageFormat::Png) => ImageType::Png,
        _ => return Err(Unfit::NotAnImage),
    };
    if format != declared {
        return Err(Unfit::OtherType);
    }
    let format = match format {
        ImageType::Jpeg => ImageFormat::Jpeg,
        ImageType::Png => ImageFormat::Png,
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES + DECODER_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| unfit(&error))?;
    let (width, height) = decoder.dimensions();
    let too_many = u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED_BYTES;
    if too_many || width > MAX_SIDE || height > MAX_SIDE {
        return Err(Unfit::TooManyPixels);
    }
    if width == 0 || height == 0 {
        return Err(Unfit::Damaged);
    }
    // What says wrongly how it is to be turned is not turned.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| unfit(&error))?;
    image.apply_orientation(orientation);
    Ok(if image.color().has_alpha() { image.into_rgba8().into() } else { image.into_rgb8().into() })
}

const fn unfit(error: &ImageError) -> Unfit {
    match error {
        ImageError::Limits(_) => Unfit::TooManyPixels,
        _ => Unfit::Damaged,
    }
}

/// No larger than this, and never larger than it was.
fn shrunk(image: &DynamicImage, longer_side: u32) -> DynamicImage {
    let (width, height) = image.dimensions();
    if width.max(height) <= longer_side {
        return image.clone();
    }
    image.resize(longer_side, longer_side, FilterType::CatmullRom)
}

fn side(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

/// JPEG has no transparency: what shines through is white.
fn jpeg(image: &DynamicImage) -> Result<Vec<u8>, Unfit> {
    let opaque = image.as_rgba8().map_or_else(|| image.to_rgb8(), over_white);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    let (width, height) = opaque.dimensions();
    // Pixels in memory always encode; an encoder's word for "not so" is the same as a decoder's.
    encoder.write_image(&opaque, width, height, ExtendedColorType::Rgb8).map_err(|_| Unfit::Damaged)?;
    Ok(bytes)
}

fn over_white(image: &RgbaImage) -> RgbImage {
    let mut opaque = RgbImage::new(image.width(), image.height());
    for (to, from) in opaque.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let mix = |colour: u8| {
            let mixed = (u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        *to = Rgb([mix(red), mix(green), mix(blue)]);
    }
    opaque
}

fn webp(image: &DynamicImage) -> Result<Vec<u8>, Unfit> {
    let encoded = match image {
        DynamicImage::ImageRgba8(pixels) => {
            webp::Encoder::from_rgba(pixels, pixels.width(), pixels.height()).encode_simple(false, WEBP_QUALITY)
        }
        other => {
            let pixels = other.to_rgb8();
            webp::Encoder::from_rgb(&pixels, pixels.width(), pixels.height()).encode_simple(false, WEBP_QUALITY)
        }
    };
    encoded.map(|bytes| bytes.to_vec()).map_err(|_| Unfit::Damaged)
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;

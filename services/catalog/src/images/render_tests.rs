//! What is taken, what is not, and what stays behind. Everything is made here: no file of anybody's camera.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use shotengai_contracts::api::images::ImageType::{Jpeg, Png};

use super::*;

/// Written into the fields that a camera fills in.
const OWNER: &[u8] = b"Hanako Yamada at 35.6586N 139.7454E";

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Red on the left, blue on the right.
fn halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| Rgb(if x < width / 2 { [250, 5, 5] } else { [5, 5, 250] })).into()
}

/// A camera's words, as TIFF: turned by 90 degrees, an owner, a position.
fn exif() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let owner_at = 8 + 2 + 3 * 12 + 4;
    let owner_length = u32::try_from(OWNER.len()).unwrap();
    tiff.extend(3_u16.to_le_bytes());
    tiff.extend(entry(0x0112, 3, 1, 6));
    tiff.extend(entry(0x013b, 2, owner_length, owner_at));
    tiff.extend(entry(0x8825, 4, 1, owner_at + owner_length));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(OWNER);
    // Where on earth: one reference, north.
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(entry(0x0001, 2, 2, u32::from(b'N')));
    tiff.extend(0_u32.to_le_bytes());
    tiff
}

/// A JPEG with these words behind its first marker.
fn photograph(image: &DynamicImage) -> Vec<u8> {
    let jpeg = encoded(image, ImageFormat::Jpeg);
    let words = [b"Exif\0\0", &exif()[..]].concat();
    let length = u16::try_from(words.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &words, &jpeg[2..]].concat()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [&kind[..], data].concat();
    let crc = body.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &body, &(!crc).to_be_bytes()].concat()
}

/// A PNG that says to be so large, and hardly has any bytes.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &[0x78, 0x9c, 3, 0]), &chunk(b"IEND", &[])]
        .concat()
}

fn huge_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = encoded(&halves(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// What was made, read by the libraries of those who are shown it.
fn read(picture: &Rendered) -> DynamicImage {
    if picture.content_type != "image/webp" {
        return image::load_from_memory_with_format(&picture.bytes, ImageFormat::Jpeg).unwrap();
    }
    let read = webp::Decoder::new(&picture.bytes).decode().unwrap();
    let (width, height, pixels) = (read.width(), read.height(), read.to_vec());
    if read.is_alpha() {
        RgbaImage::from_raw(width, height, pixels).unwrap().into()
    } else {
        RgbImage::from_raw(width, height, pixels).unwrap().into()
    }
}

/// The header of a WebP without loss, 16,383 pixels a side.
fn huge_webp() -> Vec<u8> {
    let data = [0x2f, 0xfe, 0xbf, 0xff, 0x0f, 0, 0, 0, 0, 0];
    let size = u32::try_from(data.len()).unwrap();
    [b"RIFF", &(size + 12).to_le_bytes()[..], b"WEBPVP8L", &size.to_le_bytes(), &data].concat()
}

#[test]
fn every_type_that_is_taken_becomes_pictures_in_two_sizes_and_two_types() {
    for (format, declared) in [(ImageFormat::Jpeg, Jpeg), (ImageFormat::Png, Png)] {
        let made = render(&encoded(&halves(2000, 1000), format), declared).unwrap();
        assert_eq!((made.width, made.height), (1600, 800), "{format:?}");
        let sizes: Vec<_> = made
            .pictures
            .iter()
            .map(|picture| {
                let format = if picture.content_type == "image/webp" { ImageFormat::WebP } else { ImageFormat::Jpeg };
                assert_eq!(image::guess_format(&picture.bytes).unwrap(), format, "{}", picture.name);
                let picture_read = read(picture);
                let left = picture_read.to_rgb8().get_pixel(1, 1).0;
                assert!(left[0] > 200 && left[2] < 60, "{}: {left:?}", picture.name);
                (picture.name, picture_read.width(), picture_read.height())
            })
            .collect();
        let expected = [
            ("web.webp", 1600, 800),
            ("web.jpg", 1600, 800),
            ("thumbnail.webp", 320, 160),
            ("thumbnail.jpg", 320, 160),
        ];
        assert_eq!(sizes, expected);
        assert!((5..40).contains(&made.placeholder.len()), "{:?}", made.placeholder);
    }
}

#[test]
fn a_small_picture_is_not_made_larger_and_one_pixel_is_a_picture() {
    let made = render(&encoded(&halves(30, 20), ImageFormat::Png), Png).unwrap();
    assert_eq!((made.width, made.height), (30, 20));
    let made = render(&encoded(&halves(1, 1), ImageFormat::Png), Png).unwrap();
    assert_eq!((made.width, made.height), (1, 1));
    let made = render(&encoded(&halves(8000, 1), ImageFormat::Png), Png).unwrap();
    assert_eq!((made.width, made.height), (1600, 1));
}

#[test]
fn what_a_camera_writes_about_owner_and_place_stays_behind_and_pictures_are_upright() {
    let photograph = photograph(&halves(200, 100));
    assert!(contains(&photograph, OWNER) && contains(&photograph, b"Exif"));
    let made = render(&photograph, Jpeg).unwrap();
    assert_eq!((made.width, made.height), (100, 200), "turned as the camera was");
    for picture in &made.pictures {
        for trace in [OWNER, b"Exif", b"EXIF", b"II*\0", b"XMP", b"ICCP"] {
            assert!(!contains(&picture.bytes, trace), "{} has {}", picture.name, String::from_utf8_lossy(trace));
        }
    }
    let upright = read(&made.pictures[1]).to_rgb8();
    assert!(upright.get_pixel(50, 5).0[0] > 200 && upright.get_pixel(50, 195).0[2] > 200, "red is above, blue below");
}

#[test]
fn transparency_is_kept_where_there_is_some_and_white_where_there_can_be_none() {
    let clear: DynamicImage = RgbaImage::from_pixel(40, 40, Rgba([200, 0, 0, 0])).into();
    let made = render(&encoded(&clear, ImageFormat::Png), Png).unwrap();
    assert_eq!(read(&made.pictures[0]).to_rgba8().get_pixel(5, 5).0[3], 0);
    assert!(read(&made.pictures[1]).to_rgb8().get_pixel(5, 5).0.iter().all(|colour| *colour > 250));
}

#[test]
fn an_image_with_more_pixels_than_are_taken_is_refused_by_its_header() {
    assert!(huge_png(30_000, 30_000).len() < 100);
    for (bytes, declared) in [
        (huge_png(30_000, 30_000), Png),
        (huge_png(u32::MAX >> 1, 1), Png),
        (huge_png(12_000, 2_001), Png),
        (huge_png(1, 12_001), Png),
        (huge_jpeg(30_000, 30_000), Jpeg),
        (huge_jpeg(65_000, 400), Jpeg),
    ] {
        assert_eq!(render(&bytes, declared), Err(Unfit::TooManyPixels), "{declared:?}");
    }
}

#[test]
fn a_bomb_of_as_many_pixels_as_are_taken_does_no_harm() {
    let flat: DynamicImage = image::GrayImage::new(6000, 4000).into();
    let bomb = encoded(&flat, ImageFormat::Png);
    assert!(bomb.len() < 200_000, "{} bytes are 24 million pixels", bomb.len());
    assert_eq!(render(&bomb, Png).map(|made| (made.width, made.height)), Ok((1600, 1067)));
    // Sixteen bits a colour are more bytes than are taken.
    let deep: DynamicImage = image::ImageBuffer::<Rgba<u16>, _>::new(4500, 4500).into();
    assert_eq!(render(&encoded(&deep, ImageFormat::Png), Png), Err(Unfit::TooManyPixels));
}

#[test]
fn the_first_bytes_say_what_it_is_whatever_was_declared() {
    let png = encoded(&halves(10, 10), ImageFormat::Png);
    assert_eq!(render(&png, Jpeg), Err(Unfit::OtherType));
    assert_eq!(render(&encoded(&halves(10, 10), ImageFormat::Jpeg), Png), Err(Unfit::OtherType));
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
    for bytes in [&b""[..], b"\xff", b"hello", svg, gif, b"<html>", b"%PDF-1.7", &[0; 1000]] {
        for declared in [Jpeg, Png] {
            assert_eq!(render(bytes, declared), Err(Unfit::NotAnImage), "{}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn what_ends_early_or_is_broken_is_refused_and_stumbles_nobody() {
    for (format, declared) in [(ImageFormat::Jpeg, Jpeg), (ImageFormat::Png, Png)] {
        let whole = encoded(&halves(64, 64), format);
        for length in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            // A decoder may fill in what is missing; it may not panic.
            let _ = render(&whole[..length], declared);
        }
        let head = &whole[..whole.len().min(30)];
        assert!(render(head, declared).is_err(), "{format:?}");
        for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let mut broken = whole.clone();
            broken[at] ^= 0x55;
            let _ = render(&broken, declared);
        }
    }
}

/// Nobody knows what memory the reader of WebP takes, so there is none in the program.
#[test]
fn a_webp_is_no_image_whatever_was_declared_and_nothing_reads_it() {
    let sound = webp(&halves(20, 20)).unwrap();
    assert_eq!(image::guess_format(&sound).unwrap(), ImageFormat::WebP);
    for bytes in [sound, huge_webp()] {
        for declared in [Jpeg, Png] {
            assert_eq!(render(&bytes, declared), Err(Unfit::NotAnImage), "{declared:?}");
        }
    }
    assert!(!ImageFormat::WebP.reading_enabled(), "somebody has asked for the feature `webp` of `image`");
}

/// A length is a promise: what is held is what the file has.
#[test]
fn words_of_a_camera_that_claim_to_be_longer_than_the_file_are_damage() {
    let png = encoded(&halves(16, 16), ImageFormat::Png);
    // Behind the header, which ends at byte 33.
    let claim = [&(u32::MAX >> 1).to_be_bytes()[..], b"eXIf", &exif()].concat();
    let longer = [&png[..33], &claim, &png[33..]].concat();
    assert_eq!(render(&longer, Png), Err(Unfit::Damaged));
    let mut jpeg = photograph(&halves(16, 16));
    jpeg[4..6].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(render(&jpeg, Jpeg), Err(Unfit::Damaged));
}

#[test]
fn words_for_merchants_are_stable() {
    let words: Vec<_> = Unfit::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["other_size", "not_an_image", "other_type", "too_many_pixels", "damaged"]);
}

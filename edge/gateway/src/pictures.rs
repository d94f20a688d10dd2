//! Pictures of the site, and where on them values are shown. Pure: what is an image is decided from its bytes.

use crate::rates::{Fault, text_fault};
use haubert_model::{LoadId, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most pictures that are kept.
pub const MAX_PICTURES: usize = 12;
/// Most bytes of an image: pictures travel with every backup.
pub const MAX_BYTES: usize = 2 << 20;
/// Most pixels of a side: what a browser unpacks stays bounded.
const MAX_SIDE: u32 = 4_096;
/// Most values on a picture.
const MAX_PLACES: usize = 60;

/// A kind of image that browsers show without running anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PNG (ISO/IEC 15948).
    Png,
    /// JPEG (ITU-T T.81).
    Jpeg,
}

impl Kind {
    /// Its media type.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The kind of this media type.
    pub fn of(mime: &str) -> Option<Self> {
        [Self::Png, Self::Jpeg].into_iter().find(|kind| kind.mime() == mime)
    }
}

/// What an image says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Kind.
    pub kind: Kind,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why bytes are not taken as an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnImage {
    /// Neither PNG nor JPEG, or broken.
    #[error("a PNG or a JPEG")]
    Unknown,
    /// Too many bytes or pixels, or none.
    #[error("at most 2 MiB and 4096 pixels a side")]
    Size,
}

/// Looks at magic numbers and dimensions.
///
/// # Errors
/// [`NotAnImage`].
pub fn examined(bytes: &[u8]) -> Result<Image, NotAnImage> {
    if bytes.len() > MAX_BYTES {
        return Err(NotAnImage::Size);
    }
    let image = png(bytes).or_else(|| jpeg(bytes)).ok_or(NotAnImage::Unknown)?;
    let fits = |side| (1..=MAX_SIDE).contains(&side);
    if fits(image.width) && fits(image.height) { Ok(image) } else { Err(NotAnImage::Size) }
}

/// Signature, then IHDR (clauses 5.2 and 11.2.2), and IEND at the end.
fn png(bytes: &[u8]) -> Option<Image> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let side = |at: usize| rest.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let whole = bytes.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82");
    whole.then_some(Image { kind: Kind::Png, width: side(0)?, height: side(4)? })
}

/// Start of image, segments up to a frame header (B.2.2), end of image somewhere after it.
fn jpeg(bytes: &[u8]) -> Option<Image> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let &[0xff, marker, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        match marker {
            // All frame headers but DHT (C4), JPG (C8) and DAC (CC), which lie among them.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let &[_, h1, h0, w1, w0, ..] = segment else { return None };
                let (height, width) = (u16::from_be_bytes([h1, h0]), u16::from_be_bytes([w1, w0]));
                let ends = rest.windows(2).any(|pair| pair == [0xff, 0xd9]);
                return ends.then(|| Image { kind: Kind::Jpeg, width: width.into(), height: height.into() });
            }
            // Scan data before any frame header, or a marker that has no length.
            0xda | 0xd0..=0xd9 | 0x01 | 0x00 => return None,
            _ => rest = rest.get(2 + length..)?,
        }
    }
}

/// Where a value stands on a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PicturePlace)]
pub struct Place {
    /// Whose value.
    pub load_id: LoadId,
    /// Which value.
    pub quantity: Quantity,
    /// Shown name; empty shows the load's.
    pub label: String,
    /// From the left edge, percent.
    pub x: f64,
    /// From the upper edge, percent.
    pub y: f64,
}

/// What is wrong with a picture's name and places.
pub fn faults(name: &str, places: &[Place]) -> Vec<Fault> {
    let within = |one: &Place| [one.x, one.y].iter().all(|part| (0.0..=100.0).contains(part));
    let short = |one: &Place| one.label.is_empty() || text_fault("label", &one.label, 60).is_none();
    let many = (places.len() > MAX_PLACES).then(|| Fault::new("places", "out_of_range", "at most 60 values on a picture"));
    let outside = (!places.iter().all(within)).then(|| Fault::new("places", "out_of_range", "0 to 100 percent"));
    let labels = (!places.iter().all(short)).then(|| Fault::new("places", "not_valid", "labels of at most 60 characters"));
    text_fault("name", name, 80).into_iter().chain(many).chain(outside).chain(labels).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x06\0\0\0crc!\0\0\0\0IEND\xae\x42\x60\x82");
        bytes
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x06JFIF\xff\xc0\0\x0b\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend(b"\x01\x01\x11\0\xff\xda\0\x02data\xff\xd9");
        bytes
    }

    #[test]
    fn kinds_and_dimensions_are_read_from_the_bytes() {
        assert_eq!(examined(&png_of(640, 480)), Ok(Image { kind: Kind::Png, width: 640, height: 480 }));
        assert_eq!(examined(&jpeg_of(1024, 768)), Ok(Image { kind: Kind::Jpeg, width: 1024, height: 768 }));
        for (bytes, why) in [
            (png_of(0, 1), NotAnImage::Size),
            (png_of(4_097, 1), NotAnImage::Size),
            (vec![0; MAX_BYTES + 1], NotAnImage::Size),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), NotAnImage::Unknown),
            (b"GIF89a".to_vec(), NotAnImage::Unknown),
            (png_of(1, 1)[..40].to_vec(), NotAnImage::Unknown),
            (b"\xff\xd8\xff\xda\0\x02".to_vec(), NotAnImage::Unknown),
            (Vec::new(), NotAnImage::Unknown),
        ] {
            assert_eq!(examined(&bytes), Err(why), "{} bytes", bytes.len());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..40) {
            let _ = examined(&bytes);
            let _ = examined(&[b"\xff\xd8\xff".as_slice(), &bytes].concat());
            let jpeg = jpeg_of(8, 8);
            prop_assert!(examined(&jpeg[..cut.min(jpeg.len() - 1)]).is_err());
        }
    }
}

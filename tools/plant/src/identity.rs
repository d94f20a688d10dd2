//! What a device says of itself: Socomec identification block, SunSpec chain, Modbus device identification.

use haubert_content::{Addressing, ClockBlock, ClockLayout, Profile, TextLayout};
use haubert_modbus::Response;
use haubert_model::Timestamp;
use jiff::tz::TimeZone;

/// First register of the Socomec identification block.
const SOCOMEC_BLOCK: u16 = 50_000;
/// First register of a SunSpec chain.
const SUNSPEC_BLOCK: u16 = 40_000;
/// Registers of the common model after id and length.
const COMMON_LENGTH: u16 = 66;
/// Seconds from 1970 to 2000.
const EPOCH_2000_S: i64 = 946_684_800;

/// Runs of fixed words: first register and contents.
pub(crate) type Runs = Vec<(u16, Vec<u16>)>;

/// Register at which the id of a SunSpec device's meter model stands.
pub(crate) const fn sunspec_base() -> u16 {
    SUNSPEC_BLOCK + 2 + 2 + COMMON_LENGTH
}

/// The fixed registers of a device with this serial number.
pub(crate) fn fixed(profile: &Profile, serial: &str, seed: u64, unit: u8) -> Runs {
    let mut runs = Runs::new();
    if let Some(block) = &profile.identification.socomec {
        let one = TextLayout::OnePerWord;
        let two = TextLayout::TwoPerWord;
        let number = serial
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
        // Year and week of making, maker's site, order number: the layout is the maker's, the contents are made up.
        let mut words = one.encode("SOCO", 4);
        words.extend([block.order, block.product, block.table_version, block.software_version]);
        words.extend([0x2300 | (seed % 50) as u16, 0x0001, (number % 65_536) as u16]);
        words.extend([((number >> 32) & 0xFFFF) as u16, ((number >> 16) & 0xFFFF) as u16]);
        words.extend([0, 0, 0, 0, 0]);
        words.extend([block.software_version / 100, block.software_version % 100, 0, 0]);
        words.resize(42, 0);
        words.extend(two.encode("SOCOMEC", 8));
        words.extend(two.encode(&block.name, 8));
        words.extend(two.encode(&block.extended_name, 8));
        words.extend([0, 0, 0]);
        runs.push((SOCOMEC_BLOCK, words));
    }
    if let (Addressing::SunSpec { models, length }, Some(common)) = (&profile.addressing, &profile.identification.sunspec) {
        let text = TextLayout::TwoPerWord;
        let mut words = text.encode("SunS", 2);
        words.extend([1, COMMON_LENGTH]);
        words.extend(text.encode(&common.manufacturer, 16));
        words.extend(text.encode(&common.model, 16));
        words.extend(text.encode("", 8));
        words.extend(text.encode(&common.version, 8));
        words.extend(text.encode(serial, 16));
        words.extend([u16::from(unit), 0x8000]);
        words.extend([models.first().copied().unwrap_or(0), *length]);
        runs.push((SUNSPEC_BLOCK, words));
        runs.push((sunspec_base() + 2 + length, vec![0xFFFF, 0]));
    }
    runs
}

/// Room that the whole meter model takes, the points a profile does not name included.
pub(crate) fn model_room(profile: &Profile) -> Option<(u16, u16)> {
    match &profile.addressing {
        Addressing::SunSpec { length, .. } => Some((sunspec_base(), length + 2)),
        Addressing::Absolute => None,
    }
}

/// The answer to function 43/14; `None` when the device has none, or not this object.
pub(crate) fn device_id(profile: &Profile, serial: &str, level: u8, object: u8) -> Option<Result<Response, NoSuchObject>> {
    let identity = profile.identification.modbus.as_ref()?;
    let revision = format!("{} s/n {serial}", identity.revision);
    let all = [(0u8, identity.vendor.as_str()), (1, identity.product.as_str()), (2, revision.as_str())];
    let objects: Vec<(u8, Vec<u8>)> = match level {
        4 => all.iter().filter(|(id, _)| *id == object).map(|(id, text)| (*id, text.as_bytes().to_vec())).collect(),
        // A stream begins at the object asked for, or at the first when that does not exist.
        _ => {
            let from = if all.iter().any(|(id, _)| *id == object) { object } else { 0 };
            all.iter().filter(|(id, _)| *id >= from).map(|(id, text)| (*id, text.as_bytes().to_vec())).collect()
        }
    };
    if objects.is_empty() {
        return Some(Err(NoSuchObject));
    }
    Some(Ok(Response::DeviceId { conformity: 0x81, more: false, next: 0, objects }))
}

/// The object asked for alone does not exist.
#[derive(Debug)]
pub(crate) struct NoSuchObject;

/// The registers of the device's own clock.
pub(crate) fn clock(block: ClockBlock, now: Timestamp, zone: &TimeZone) -> (u16, Vec<u16>) {
    let instant = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let local = zone.to_datetime(instant);
    let word = |number: i8| u16::try_from(number).unwrap_or(0);
    let words = match block.layout {
        ClockLayout::DayMonthYear => vec![
            word(local.day()),
            word(local.month()),
            u16::try_from(local.year()).unwrap_or(0),
            word(local.hour()),
            word(local.minute()),
            word(local.second()),
        ],
        ClockLayout::SecondsSince2000 => {
            let seconds = (now.as_millis().div_euclid(1000) - EPOCH_2000_S).max(0) as u32;
            vec![(seconds >> 16) as u16, seconds as u16]
        }
    };
    (block.address, words)
}

//! The Socomec identification block at 50000 (facts: gateway.md, 10.2).

use super::{Identified, IdentifiedBy, id_of};
use crate::ask::{Ask, read_registers};
use crate::transport::AskError;
use haubert_content::{Catalogue, TextLayout};
use haubert_model::DeviceIdentity;

const BLOCK: u16 = 50_000;
/// "SOCO", one character per register.
const MARK: [u16; 4] = [0x53, 0x4F, 0x43, 0x4F];
/// Order, product, table version, software version, serial (3 words), lot (2).
const NUMBERS: (u16, u16) = (50_004, 9);
const VERSION: (u16, u16) = (50_018, 4);
const VENDOR: (u16, u16) = (50_042, 8);
const NAME: (u16, u16) = (50_050, 8);
const EXTENDED_NAME: (u16, u16) = (50_058, 8);

/// `None` when the device answers without the mark.
pub(super) async fn identify(line: &mut impl Ask, unit: u8, catalogue: &Catalogue) -> Result<Option<Identified>, AskError> {
    if read_registers(line, unit, BLOCK, 4).await? != MARK {
        return Ok(None);
    }
    // From here on a refusal only leaves a field empty: older tables end early.
    let numbers = read_registers(line, unit, NUMBERS.0, NUMBERS.1).await.unwrap_or_default();
    let version = read_registers(line, unit, VERSION.0, VERSION.1).await.unwrap_or_default();
    let mut texts = [None, None, None];
    for (text, (address, count)) in texts.iter_mut().zip([EXTENDED_NAME, NAME, VENDOR]) {
        match read_registers(line, unit, address, count).await {
            Ok(words) => *text = super::text(&TextLayout::TwoPerWord.decode(&words)),
            // On a serial line the answer to one of these may pass for that to the next, when it comes late.
            Err(error) if error.is_silence() || error.is_line() => break,
            Err(_) => {}
        }
    }
    let [extended, name, vendor] = texts;
    let number = |at: usize| numbers.get(at).copied();
    let table_version = number(2);
    let product = extended.or(name);
    let profile = product.as_deref().and_then(|name| catalogue.identify_socomec(name, table_version.unwrap_or_default()));
    Ok(Some(Identified {
        profile: id_of(profile),
        identity: DeviceIdentity {
            vendor: vendor.or_else(|| Some("SOCOMEC".to_owned())),
            product,
            version: software(&version, number(3)),
            serial: serial(numbers.get(4..9).unwrap_or_default()),
            table_version,
            choices: Vec::new(),
        },
        base: None,
        channels: 1,
        load_names: Vec::new(),
        by: IdentifiedBy::IdentificationBlock,
    }))
}

/// Major, minor, revision, build; else the one-word version (100 = 1.00).
fn software(version: &[u16], short: Option<u16>) -> Option<String> {
    match version {
        [0, 0, 0, 0] | [] => short.map(|number| format!("{}.{:02}", number / 100, number % 100)),
        parts => Some(parts.iter().map(u16::to_string).collect::<Vec<_>>().join(".")),
    }
}

/// Year and week, place, order, lot: as numbers, since their coding differs between products.
fn serial(words: &[u16]) -> Option<String> {
    if words.iter().all(|word| *word == 0) {
        return None;
    }
    Some(words.iter().map(u16::to_string).collect::<Vec<_>>().join("-"))
}

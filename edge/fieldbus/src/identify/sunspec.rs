//! SunSpec: "SunS" at one of three places, then a chain of models, each with its id and length.

use super::{Identified, IdentifiedBy, id_of, text};
use crate::ask::{Ask, read_registers};
use crate::transport::AskError;
use haubert_content::{Addressing, Catalogue, TextLayout};
use haubert_model::DeviceIdentity;

/// Where the mark may be.
const PLACES: [u16; 3] = [40_000, 50_000, 0];
/// "SunS".
const MARK: [u16; 2] = [0x5375, 0x6E53];
/// The common model and the id that ends the chain.
const COMMON: u16 = 1;
const END: u16 = 0xFFFF;
/// Most models followed.
const MODELS: usize = 64;
/// Maker 16, model 16, options 8, version 8, serial 16 registers.
const COMMON_WORDS: u16 = 64;

/// `None` when the device answers without the mark.
pub(super) async fn identify(line: &mut impl Ask, unit: u8, catalogue: &Catalogue) -> Result<Option<Identified>, AskError> {
    let mut refusal = None;
    for place in PLACES {
        match read_registers(line, unit, place, 2).await {
            Ok(words) if words == MARK => return chain(line, unit, catalogue, place).await.map(Some),
            Ok(_) => {}
            Err(error) if error.is_silence() || error.is_line() => return Err(error),
            Err(error) => refusal = Some(error),
        }
    }
    refusal.map_or(Ok(None), Err)
}

async fn chain(line: &mut impl Ask, unit: u8, catalogue: &Catalogue, place: u16) -> Result<Identified, AskError> {
    let mut identity = DeviceIdentity::default();
    let mut models = Vec::new();
    let mut at = place.checked_add(2);
    while let Some(address) = at.filter(|_| models.len() < MODELS) {
        // A chain that breaks off is believed as far as it goes.
        let Ok([id, length]) =
            read_registers(line, unit, address, 2).await.map(|words| <[u16; 2]>::try_from(words).unwrap_or([END; 2]))
        else {
            break;
        };
        if id == END {
            break;
        }
        if id == COMMON && identity.vendor.is_none() {
            identity = common(line, unit, address, length).await;
        }
        models.push((id, address));
        at = address.checked_add(2).and_then(|body| body.checked_add(length));
    }
    let ids: Vec<u16> = models.iter().map(|(id, _)| *id).collect();
    let profile = catalogue.identify_sunspec(&ids);
    let described: &[u16] = match profile.map(|profile| &profile.addressing) {
        Some(Addressing::SunSpec { models, .. }) => models,
        _ => &[],
    };
    let base = models.iter().find(|(id, _)| described.contains(id)).map(|(_, address)| *address);
    Ok(Identified { identity, profile: id_of(profile), base, channels: 1, load_names: Vec::new(), by: IdentifiedBy::SunSpec })
}

async fn common(line: &mut impl Ask, unit: u8, address: u16, length: u16) -> DeviceIdentity {
    let Some(start) = address.checked_add(2) else { return DeviceIdentity::default() };
    let words = read_registers(line, unit, start, length.min(COMMON_WORDS)).await.unwrap_or_default();
    let field = |from: usize, count: usize| {
        let words = words.get(from..(from + count).min(words.len()))?;
        text(&TextLayout::TwoPerWord.decode(words))
    };
    DeviceIdentity {
        vendor: field(0, 16),
        product: field(16, 16),
        version: field(40, 8),
        serial: field(48, 16),
        table_version: None,
        choices: Vec::new(),
    }
}

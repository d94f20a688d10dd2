//! Modbus device identification (function 43, MEI 14).

use super::{Identified, IdentifiedBy, id_of, text};
use crate::ask::{Ask, ask_twice};
use crate::question::Question;
use crate::transport::AskError;
use haubert_content::Catalogue;
use haubert_modbus::{Malformed, Response};
use haubert_model::DeviceIdentity;

/// Most requests for one level; a device that always announces more is not followed for ever.
const PAGES: usize = 8;
const BASIC: u8 = 1;
const REGULAR: u8 = 2;

pub(super) async fn identify(line: &mut impl Ask, unit: u8, catalogue: &Catalogue) -> Result<Identified, AskError> {
    let (mut objects, conformity) = read_level(line, unit, BASIC, 0).await?;
    if conformity & 0x7F >= REGULAR
        && let Ok((more, _)) = read_level(line, unit, REGULAR, 3).await
    {
        objects.extend(more);
    }
    let object = |id: u8| {
        let (_, bytes) = objects.iter().find(|(known, _)| *known == id)?;
        text(&String::from_utf8_lossy(bytes))
    };
    // 0 vendor, 1 product code, 2 revision, 4 product name, 5 model name.
    let identity = DeviceIdentity {
        vendor: object(0),
        product: object(1).or_else(|| object(5)).or_else(|| object(4)),
        version: object(2),
        serial: None,
        table_version: None,
        choices: Vec::new(),
    };
    let profile = id_of(catalogue.identify_modbus(&identity));
    Ok(Identified { identity, profile, base: None, channels: 1, load_names: Vec::new(), by: IdentifiedBy::Modbus4314 })
}

type Objects = Vec<(u8, Vec<u8>)>;

async fn read_level(line: &mut impl Ask, unit: u8, level: u8, first: u8) -> Result<(Objects, u8), AskError> {
    let (mut all, mut object, mut level_of_device) = (Objects::new(), first, 0);
    for _ in 0..PAGES {
        let response = ask_twice(line, unit, &Question::device_id(level, object)).await?;
        let Response::DeviceId { conformity, more, next, objects } = response else {
            return Err(AskError::Malformed(Malformed::Field));
        };
        level_of_device = conformity;
        all.extend(objects);
        if !more || next <= object {
            break;
        }
        object = next;
    }
    Ok((all, level_of_device))
}

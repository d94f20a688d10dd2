//! How many loads a device measures, and what it calls them.

use super::{Identified, IdentifiedBy};
use crate::ask::{Ask, ask_twice, read_registers};
use crate::plan::Span;
use haubert_content::Profile;

/// Load status in Socomec's PMD table: 1 when the load is in use, one per load at the table's own stride (gateway.md, 10.4).
const PMD_LOAD_STATUS: u16 = 0x4800;
const PMD_STRIDE: u16 = 0x800;

/// Loads in use, at least 1 and at most what the profile says.
pub(super) async fn count(line: &mut impl Ask, unit: u8, profile: &Profile, found: &Identified) -> u8 {
    if profile.channels <= 1 {
        return 1;
    }
    if found.by == IdentifiedBy::IdentificationBlock && profile.channel_stride == PMD_STRIDE {
        let in_use = pmd_loads(line, unit, profile.channels).await;
        if in_use > 0 {
            return in_use;
        }
    }
    answering(line, unit, profile, found).await
}

/// Highest load whose status says that it is in use; 0 when the table has no such registers or none says so.
async fn pmd_loads(line: &mut impl Ask, unit: u8, most: u8) -> u8 {
    let mut highest = 0;
    for load in 1..=most {
        let Some(address) = u16::from(load - 1).checked_mul(PMD_STRIDE).and_then(|offset| offset.checked_add(PMD_LOAD_STATUS))
        else {
            break;
        };
        match read_registers(line, unit, address, 1).await.as_deref() {
            Ok([1]) => highest = load,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    highest
}

/// Loads whose first value can be read, up to the first that cannot.
async fn answering(line: &mut impl Ask, unit: u8, profile: &Profile, found: &Identified) -> u8 {
    let points = profile.points_for(found.identity.table_version, profile.channels);
    let mut known = 1;
    for load in 2..=profile.channels {
        let Some(point) = points.iter().find(|point| point.channel == load) else { continue };
        let span =
            Span { table: point.table, start: point.address.saturating_add(found.base.unwrap_or(0)), count: point.kind.words() };
        if ask_twice(line, unit, &span.request()).await.is_err() {
            break;
        }
        known = load;
    }
    known
}

/// Names of the loads, where the device keeps them. A name that is refused is empty; none at all when all are, or when the
/// device falls silent over the question.
pub(super) async fn names(line: &mut impl Ask, unit: u8, profile: &Profile, channels: u8) -> Vec<String> {
    let Some(block) = profile.names else { return Vec::new() };
    let mut names = Vec::new();
    for channel in 1..=channels {
        let Some(address) = block.address_of(channel) else { break };
        let name = match read_registers(line, unit, address, block.words.min(profile.limits.max_registers)).await {
            Ok(words) => super::text(&block.layout.decode(&words)),
            Err(error) if error.is_silence() || error.is_line() => return Vec::new(),
            Err(_) => None,
        };
        names.push(name.unwrap_or_default());
    }
    if names.iter().all(String::is_empty) { Vec::new() } else { names }
}

//! How many loads a device measures, and what it calls them.

use super::Identified;
use crate::ask::{Ask, ask_twice, read_registers};
use crate::plan::Span;
use haubert_content::Profile;

/// Loads in use, at least 1 and at most what the profile says.
pub(super) async fn count(line: &mut impl Ask, unit: u8, profile: &Profile, found: &Identified) -> u8 {
    if profile.channels <= 1 {
        return 1;
    }
    if let Some(register) = profile.channel_in_use {
        let in_use = in_use(line, unit, profile, register.saturating_add(found.base.unwrap_or(0))).await;
        if in_use > 0 {
            return in_use;
        }
    }
    answering(line, unit, profile, found).await
}

/// Highest load whose status says that it is in use; 0 when the device has no such registers or none says so.
async fn in_use(line: &mut impl Ask, unit: u8, profile: &Profile, first: u16) -> u8 {
    let mut highest = 0;
    for load in 1..=profile.channels {
        let offset = u16::from(load - 1).checked_mul(profile.channel_stride);
        let Some(address) = offset.and_then(|offset| offset.checked_add(first)) else { break };
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
        if ask_twice(line, unit, &span.question()).await.is_err() {
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

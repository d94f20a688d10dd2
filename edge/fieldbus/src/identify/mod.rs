//! Who is at this unit: the Socomec identification block, Modbus 43/14, SunSpec, or at least somebody who answers.
//!
//! The first request decides whether anybody is there; a silent unit costs one time-out. What follows is bounded in requests
//! and in what is believed: texts are cleaned, chains of models end.

mod alternatives;
mod channels;
mod modbus;
mod socomec;
mod sunspec;

pub use alternatives::{Patience, Place, settle};

use crate::ask::Ask;
use crate::transport::AskError;
use haubert_content::{Catalogue, Profile, ProfileId};
use haubert_modbus::ExceptionCode;
use haubert_model::DeviceIdentity;
use serde::Serialize;
use utoipa::ToSchema;

/// What told who the device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentifiedBy {
    /// Socomec identification block.
    IdentificationBlock,
    /// Modbus function 43/14.
    #[serde(rename = "modbus_43_14")]
    Modbus4314,
    /// SunSpec chain of models.
    #[serde(rename = "sunspec")]
    SunSpec,
    /// It answers, and says no more.
    Answers,
}

/// A device found at a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// What it says of itself.
    pub identity: DeviceIdentity,
    /// The profile that describes it.
    pub profile: Option<ProfileId>,
    /// First register of its SunSpec model, for profiles relative to it.
    pub base: Option<u16>,
    /// Loads that it measures.
    pub channels: u8,
    /// Their names, where it keeps them; as many as `channels` or none.
    pub load_names: Vec<String>,
    /// What told.
    pub by: IdentifiedBy,
}

/// What is at a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Somebody.
    Found(Box<Identified>),
    /// Somebody who meets every question with this refusal, as gateways do for units that they do not have.
    OnlyRefuses(ExceptionCode),
    /// Nobody.
    Nobody,
    /// The line itself failed.
    LineLost(AskError),
}

/// Asks a unit who it is.
pub async fn identify(line: &mut impl Ask, unit: u8, catalogue: &Catalogue) -> Presence {
    let mut refusals = Refusals::default();
    match socomec::identify(line, unit, catalogue).await {
        Ok(Some(found)) => return complete(line, unit, catalogue, found).await,
        Ok(None) => refusals.spoke(),
        Err(error) if error.is_silence() => return Presence::Nobody,
        Err(error) if error.is_line() => return Presence::LineLost(error),
        Err(error) => refusals.note(error),
    }
    let by_modbus = match modbus::identify(line, unit, catalogue).await {
        Ok(found) => {
            refusals.spoke();
            Some(found)
        }
        Err(error) => {
            refusals.note(error);
            None
        }
    };
    if let Some(found) = by_modbus.clone().filter(|found| found.profile.is_some()) {
        return complete(line, unit, catalogue, found).await;
    }
    match sunspec::identify(line, unit, catalogue).await {
        Ok(Some(found)) => return complete(line, unit, catalogue, found).await,
        Ok(None) => refusals.spoke(),
        Err(error) => refusals.note(error),
    }
    match (by_modbus, refusals.verdict()) {
        (Some(found), _) => Presence::Found(Box::new(found)),
        (None, Some(verdict)) => verdict,
        (None, None) => Presence::Found(Box::new(Identified {
            identity: DeviceIdentity::default(),
            profile: None,
            base: None,
            channels: 1,
            load_names: Vec::new(),
            by: IdentifiedBy::Answers,
        })),
    }
}

/// Loads and their names, once the profile is known.
async fn complete(line: &mut impl Ask, unit: u8, catalogue: &Catalogue, mut found: Identified) -> Presence {
    if let Some(profile) = found.profile.as_ref().and_then(|id| catalogue.get(id)) {
        found.channels = channels::count(line, unit, profile, &found).await;
        found.load_names = channels::names(line, unit, profile, found.channels).await;
    }
    Presence::Found(Box::new(found))
}

fn id_of(profile: Option<&Profile>) -> Option<ProfileId> {
    profile.map(|profile| profile.id.clone())
}

/// Whether everything was refused in the same way.
#[derive(Default)]
struct Refusals {
    spoke: bool,
    code: Option<ExceptionCode>,
}

impl Refusals {
    fn spoke(&mut self) {
        self.spoke = true;
    }

    fn note(&mut self, error: AskError) {
        match error {
            AskError::Exception(code) if self.code.is_none_or(|known| known == code) => self.code = Some(code),
            // Refusing in two ways shows a device that looks at the question.
            AskError::Exception(_) => self.spoke = true,
            // Damaged answers are answers.
            error if error.is_damage() => self.spoke = true,
            _ => {}
        }
    }

    fn verdict(&self) -> Option<Presence> {
        match (self.spoke, self.code) {
            (true, _) => None,
            (false, Some(code)) => Some(Presence::OnlyRefuses(code)),
            (false, None) => Some(Presence::Nobody),
        }
    }
}

/// The text of registers or objects: printable, trimmed, bounded; `None` when nothing is left.
fn text(raw: &str) -> Option<String> {
    let clean: String = raw.chars().filter(|character| !character.is_control()).take(64).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

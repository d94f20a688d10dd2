//! The picture of a data path: from the device to whoever uses the data, with every way in (the technical note, steps 1 and 2).
//!
//! What protection a way in needs is the sensitivity of what passes (the highest of confidentiality, integrity, availability and
//! traceability, 0 to 4) × how exposed it is (1 to 4): 0 to 16, "no overkill". What is missing is that need times the part that
//! its measures leave undone. The weakest ring is where most is missing, and among equals the one that is known least.
//!
//! Worked example. Measurements for billing, integrity 4; a radio link, exposure 3; its one measure is half done: need 12, missing
//! 6. A maintenance port in a locked cabinet, exposure 1, without any measure: need 4, missing 4. The radio link is the weaker one.

use crate::content::Criteria;
use crate::ring::{Known, Ring};
use serde::{Deserialize, Serialize};

/// Most places of a picture.
pub const MAX_PLACES: usize = 200;
/// Most ways into one place.
pub const MAX_ENTRIES: usize = 40;
/// From here on, a ring with that much missing fails.
const FAILS: f64 = 8.0;
/// From here on, it is weak.
const WEAK: f64 = 3.0;

/// What stands on the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A product that makes data, and its local application.
    Device,
    /// A network of the site.
    Network,
    /// What joins plant and office.
    Edge,
    /// A network between sites.
    Wan,
    /// Where data are kept together.
    Cloud,
    /// What shows data.
    Application,
    /// People who work with data for others.
    Service,
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By hand: a port, a screen, a cabinet.
    Physical,
    /// By cable.
    Wired,
    /// By radio.
    Wireless,
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryPoint {
    /// Unique within its place.
    pub id: String,
    /// What it is.
    pub name: String,
    /// How.
    pub way: Way,
    /// How exposed it is: 1 whoever is inside a locked room, 2 whoever is on site, 3 whoever is near, 4 anybody.
    pub exposure: u8,
    /// What protects it.
    #[serde(default)]
    #[schema(required)]
    pub measures: Vec<String>,
}

/// A place on the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Unique within the picture.
    pub id: String,
    /// What it is.
    pub name: String,
    /// What kind of thing it is.
    pub kind: PlaceKind,
    /// How sensitive what passes here is, 0 to 4 each.
    pub sensitivity: Criteria,
    /// Ways in.
    #[serde(default)]
    #[schema(required)]
    pub entries: Vec<EntryPoint>,
    /// Where data go from here.
    #[serde(default)]
    #[schema(required)]
    pub next: Vec<String>,
}

/// A picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Its places, in the order in which they are read.
    pub places: Vec<Place>,
}

/// What is wrong with a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct PathFault {
    /// The place or the way in.
    pub at: String,
    /// What is wrong.
    pub reason: &'static str,
}

/// How a way in stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Which one.
    pub entry: String,
    /// Protection that it needs, 0 to 16.
    pub need: u8,
    /// What of it is missing, 0 to 16.
    pub missing: f64,
    /// Its state.
    pub ring: Ring,
}

/// How a place stands: as its weakest way in.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlaceView {
    /// Which one.
    pub place: String,
    /// Its state.
    pub ring: Ring,
    /// What is missing at its weakest way in, 0 to 16.
    pub missing: f64,
    /// Its ways in.
    pub entries: Vec<EntryView>,
}

/// How a path stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PathView {
    /// Its places, in order.
    pub places: Vec<PlaceView>,
    /// The place to look at first; nothing where there is no way in.
    #[schema(required)]
    pub weakest: Option<String>,
}

impl Path {
    /// Whether it hangs together.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), PathFault> {
        let fault = |at: &str, reason| Err(PathFault { at: at.to_owned(), reason });
        if self.places.len() > MAX_PLACES {
            return fault("places", "at most 200 places");
        }
        for (at, place) in self.places.iter().enumerate() {
            if self.places.iter().skip(at + 1).any(|other| other.id == place.id) {
                return fault(&place.id, "there are two of that name");
            }
            if place.entries.len() > MAX_ENTRIES {
                return fault(&place.id, "at most 40 ways in");
            }
            if place.sensitivity.highest() > 4 {
                return fault(&place.id, "sensitivity is from 0 to 4");
            }
            if place.next.iter().any(|next| *next == place.id || !self.places.iter().any(|other| other.id == *next)) {
                return fault(&place.id, "leads to a place that is not there, or to itself");
            }
            if let Some(odd) = place.entries.iter().find(|entry| !(1..=4).contains(&entry.exposure)) {
                return fault(&odd.id, "exposure is from 1 to 4");
            }
        }
        Ok(())
    }

    /// How it stands. `known` says what is known of a measure.
    pub fn view(&self, known: impl Fn(&str) -> Known) -> PathView {
        let places: Vec<PlaceView> = self.places.iter().map(|place| place.view(&known)).collect();
        let with_entries = places.iter().filter(|place| !place.entries.is_empty());
        let weakest = with_entries.reduce(|weakest, other| if weaker(other, weakest) { other } else { weakest });
        PathView { weakest: weakest.map(|place| place.place.clone()), places }
    }
}

fn weaker(one: &PlaceView, other: &PlaceView) -> bool {
    one.missing > other.missing || (one.missing >= other.missing && one.ring < other.ring)
}

impl Place {
    fn view(&self, known: impl Fn(&str) -> Known) -> PlaceView {
        let sensitivity = self.sensitivity.highest();
        let entries: Vec<EntryView> = self.entries.iter().map(|entry| entry.view(sensitivity, &known)).collect();
        PlaceView {
            place: self.id.clone(),
            // Without a way in, nothing is known of it.
            ring: entries.iter().map(|entry| entry.ring).min().unwrap_or(Ring::Unknown),
            missing: entries.iter().map(|entry| entry.missing).fold(0.0, f64::max),
            entries,
        }
    }
}

impl EntryPoint {
    fn view(&self, sensitivity: u8, known: impl Fn(&str) -> Known) -> EntryView {
        let need = sensitivity.min(4) * self.exposure.clamp(1, 4);
        let applying: Vec<Known> =
            self.measures.iter().map(|measure| known(measure)).filter(|known| known.ring().is_some()).collect();
        let count = u32::try_from(applying.len()).unwrap_or(u32::MAX);
        let done: f64 = applying.iter().map(|known| known.strength().least()).sum();
        let covered = if count == 0 { 0.0 } else { done / f64::from(count) };
        let missing = f64::from(need) * (1.0 - covered);
        let least_known = applying.iter().filter_map(|known| known.ring()).min();
        let ring = match (need, least_known) {
            (0, _) => Ring::Declared,
            (_, Some(Ring::Unknown)) if missing >= WEAK => Ring::Unknown,
            _ if missing >= FAILS => Ring::Fails,
            _ if missing >= WEAK => Ring::Weak,
            (_, Some(Ring::Holds)) => Ring::Holds,
            _ => Ring::Declared,
        };
        EntryView { entry: self.id.clone(), need, missing, ring }
    }
}

#[cfg(test)]
mod tests;

//! A profile tried on a bus, against a unit that need not be a device of the site.

use super::Field;
use haubert_content::{Addressing, Catalogue, Profile, ProfileId};
use haubert_fieldbus::{
    DeviceOptions, DeviceSettings, Identified, IdentifiedBy, Patience, Place, Presence, TestReport, Urgency, identify, settle,
    test_device,
};
use haubert_model::{BusId, Choice, DeviceId, Layout};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is tried.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The running bus.
    pub bus: BusId,
    /// Unit id.
    pub unit: u8,
    /// The profile, which the catalogue need not have.
    pub profile: Profile,
    /// First register of its SunSpec model; looked for when absent.
    pub base: Option<u16>,
    /// Version of the register table; asked when absent.
    pub table_version: Option<u16>,
    /// Loads; as identification says when absent.
    pub channels: Option<u8>,
    /// How long open questions are watched; not at all when absent.
    pub watch: Option<Patience>,
}

/// What a trial brought.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialReport {
    /// Requests, raw words, values.
    pub report: TestReport,
    /// What told who the device is.
    #[schema(required)]
    pub identified_by: Option<IdentifiedBy>,
    /// The profile that identification would have taken.
    #[schema(required)]
    pub recognised_as: Option<String>,
    /// First register of the model, for relative profiles.
    #[schema(required)]
    pub base: Option<u16>,
    /// Version of the register table that decided which points exist.
    #[schema(required)]
    pub table_version: Option<u16>,
    /// Loads read.
    pub channels: u8,
    /// Answers to what the documents leave open.
    pub choices: Vec<Choice>,
}

impl Field {
    /// Tries a profile between two polls; `None` when the bus does not run.
    pub async fn try_profile(&self, trial: Trial) -> Option<TrialReport> {
        let (mut line, wire) = {
            let buses = self.0.buses.lock().await;
            let handle = buses.get(&trial.bus)?;
            (handle.line(Urgency::Person), handle.settings().line.clone())
        };
        let mut catalogue: Catalogue = self.catalogue().as_ref().clone();
        let id: ProfileId = trial.profile.id.clone();
        catalogue.insert(trial.profile.clone());
        let found = match identify(&mut line, trial.unit, &catalogue).await {
            Presence::Found(found) => Some(*found),
            _ => None,
        };
        // What identification found of another profile says nothing of this one.
        let same = found.as_ref().filter(|found| found.profile.as_ref() == Some(&id));
        let base = match trial.profile.addressing {
            Addressing::Absolute => None,
            Addressing::SunSpec { .. } => trial.base.or_else(|| same.and_then(|found| found.base)),
        };
        let table_version = trial.table_version.or_else(|| found.as_ref().and_then(|found| found.identity.table_version));
        let channels = trial.channels.or_else(|| same.map(|found| found.channels)).unwrap_or(trial.profile.channels);
        let place = Place { unit: trial.unit, base, table_version, channels };
        let choices = match trial.watch {
            Some(patience) if found.is_some() => settle(&mut line, place, &trial.profile, patience).await,
            _ => Vec::new(),
        };
        let layout = Layout(choices.iter().map(|choice| (choice.question.clone(), choice.option.clone())).collect());
        let device = DeviceSettings {
            id: DeviceId(Uuid::nil()),
            name: String::new(),
            unit: trial.unit,
            profile: id,
            base,
            table_version,
            layout,
            channels,
            enabled: true,
            options: DeviceOptions::default(),
        };
        let report = test_device(&mut line, &device, &wire, &Arc::new(catalogue), self.0.commons.clock.as_ref()).await;
        let recognised_as = found.as_ref().and_then(|found| found.profile.as_ref()).map(ToString::to_string);
        let identified_by = found.map(|found: Identified| found.by);
        Some(TrialReport { report, identified_by, recognised_as, base, table_version, channels, choices })
    }
}

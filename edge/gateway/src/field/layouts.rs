//! Settles what the documents of a device leave open, by watching its counters; once for each device, and again when asked.
//!
//! Runs beside the polling, through the device's bus, one device of each bus at a time. What is found is kept with the device's
//! identity, so that another meter in the same place is looked at anew.

use super::Field;
use crate::app::{change, record};
use crate::store::Db;
use crate::store::events::{NewEvent, Severity};
use crate::store::topology::put_device;
use crate::topology::{Device, Topology};
use haubert_content::{Profile, ProfileId};
use haubert_fieldbus::{Patience, Place, Urgency, settle};
use haubert_model::{BusId, Choice, Clock, DeviceId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Pause before a question that stayed open is asked again: loads rest for hours.
const AGAIN: Duration = Duration::from_secs(600);
/// Pause before a device that could not be read is asked: its bus may only just be starting.
const RETRY: Duration = Duration::from_secs(60);

/// Watches devices whose profile leaves a question open.
#[derive(Clone)]
pub struct Layouts {
    /// The buses.
    pub field: Field,
    /// Where the answer is kept.
    pub db: Db,
    /// The site as now configured.
    pub topology: watch::Sender<Arc<Topology>>,
    /// Time of the event.
    pub clock: Arc<dyn Clock>,
}

impl Layouts {
    /// Works until nobody changes the topology any more.
    pub async fn work(self) {
        let mut topology = self.topology.subscribe();
        let mut profiles = self.field.0.profiles.clone();
        loop {
            let wanted = Arc::clone(&topology.borrow_and_update());
            profiles.mark_unchanged();
            let open: Vec<&Device> =
                wanted.devices.iter().filter(|device| device.enabled && self.open_profile(device).is_some()).collect();
            let buses: BTreeSet<BusId> = open.iter().filter_map(|device| device.bus_id()).collect();
            let on_bus =
                |bus: BusId| open.iter().filter(move |device| device.bus_id() == Some(bus)).map(|device| device.id).collect();
            let mut rounds = tokio::task::JoinSet::new();
            for bus in buses {
                let (layouts, devices): (Self, Vec<DeviceId>) = (self.clone(), on_bus(bus));
                rounds.spawn(async move {
                    let mut all = true;
                    for device in devices {
                        all &= layouts.look(device, Patience::default(), Urgency::Probe).await.is_some();
                    }
                    all
                });
            }
            let mut pause = AGAIN;
            while let Some(round) = rounds.join_next().await {
                if !round.unwrap_or(false) {
                    pause = RETRY;
                }
            }
            let changed = tokio::select! {
                changed = topology.changed() => changed,
                changed = profiles.changed() => changed,
                () = tokio::time::sleep(pause), if !open.is_empty() => Ok(()),
            };
            if changed.is_err() {
                return;
            }
        }
    }

    /// Watches a device now and keeps what is found; `None` when it cannot be read or its profile leaves nothing open.
    pub async fn look(&self, id: DeviceId, patience: Patience, urgency: Urgency) -> Option<Vec<Choice>> {
        let device = self.topology.borrow().device(id).cloned()?;
        let profile = self.field.catalogue().get_shared(&ProfileId::new(device.profile_id.as_str()))?;
        if profile.alternatives.is_empty() {
            return None;
        }
        let mut line = self.field.bus_line(device.bus_id()?, urgency).await?;
        let place = Place {
            unit: device.unit()?,
            base: device.base,
            table_version: device.identity.table_version,
            channels: device.channels,
        };
        let choices = settle(&mut line, place, &profile, patience).await;
        if choices.is_empty() {
            return None;
        }
        self.keep(id, &profile, choices.clone()).await;
        Some(choices)
    }

    /// The profile of a device that still has an open question.
    fn open_profile(&self, device: &Device) -> Option<Arc<Profile>> {
        let profile = self.field.catalogue().get_shared(&ProfileId::new(device.profile_id.as_str()))?;
        let open = profile.alternatives.iter().any(|question| {
            let known = |choice: &&Choice| choice.question == question.name && choice.settled;
            let answer = device.identity.choices.iter().find(known).map(|choice| choice.option.as_str());
            answer.is_none_or(|name| question.options.iter().all(|option| option.name != name))
        });
        open.then_some(profile)
    }

    async fn keep(&self, id: DeviceId, profile: &Profile, choices: Vec<Choice>) {
        // Taken anew: minutes may have passed since the watch began.
        let Some(mut device) = self.topology.borrow().device(id).cloned() else { return };
        let answered = |choices: &[Choice]| -> Vec<(String, String, bool)> {
            choices.iter().map(|choice| (choice.question.clone(), choice.option.clone(), choice.settled)).collect()
        };
        let news = answered(&choices) != answered(&device.identity.choices);
        if device.profile_id != profile.id.as_str() || !news {
            return;
        }
        let (name, settled): (String, Vec<String>) = (
            device.name.clone(),
            choices
                .iter()
                .filter(|choice| choice.settled)
                .map(|choice| format!("{}: {}", choice.question, choice.option))
                .collect(),
        );
        device.identity.choices = choices;
        if let Err(error) = change(&self.db, &self.topology, move |tx| put_device(tx, &device)).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the layout of a device is not kept");
            return;
        }
        if !settled.is_empty() {
            let params = [("device", name), ("layout", settled.join(", "))];
            record(&self.db, NewEvent::new(self.clock.now(), Severity::Info, "layout_settled", params)).await;
        }
    }
}

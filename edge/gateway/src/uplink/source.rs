//! What the gateway gives to the link: its description, sealed chunks, events and newest values.

use super::Parts;
use super::credentials::{self, Progress, Stored};
use crate::live::EVERYWHERE;
use crate::posture::desk::report;
use crate::store::events::{self, NewEvent, Severity};
use crate::topology::{Device, Topology};
use haubert_content::{Catalogue, Profile, ProfileId};
use haubert_fieldbus::DeviceState;
use haubert_link::message::{
    self, AuditDeposit, Chunk, DeviceCounts, DeviceDeclaration, Hello, LinkEvent, LiveValue, LoadDeclaration, PostureReport,
    SeriesDeclaration,
};
use haubert_link::{BoxFuture, Credentials, Source, SourceError, VERSION};
use haubert_model::{Quantity, Usage};
use tokio::sync::watch;

pub(super) struct GatewaySource {
    pub(super) parts: Parts,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) hub_url: String,
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SourceError {
    SourceError(error.into())
}

impl GatewaySource {
    async fn history<T, F>(&self, work: F) -> Result<T, SourceError>
    where
        T: Send + 'static,
        F: FnOnce(&haubert_historian::Reader) -> Result<T, haubert_historian::StoreError> + Send + 'static,
    {
        let reader = self.parts.history.clone();
        tokio::task::spawn_blocking(move || work(&reader)).await.map_err(failed)?.map_err(failed)
    }

    async fn advance(&self, progress: Progress) -> Result<(), SourceError> {
        self.parts.db.note(move |tx| credentials::advance(tx, progress)).await.map_err(failed)?;
        self.progress.send_replace(progress);
        Ok(())
    }

    fn live_now(&self, backlog: haubert_historian::Backlog) -> message::Live {
        let topology = self.parts.topology.borrow().clone();
        let mut values = Vec::new();
        let mut power = SitePower::default();
        let allowed = self.parts.boot.outlets_allowed();
        self.parts.live.visit_since(0, EVERYWHERE, |device, readings| {
            if !allowed {
                return false;
            }
            for reading in readings {
                let load = topology.load_of(device, reading.point.channel).filter(|load| load.enabled);
                let Some(load) = load else { continue };
                let quantity = reading.point.quantity;
                if quantity == Quantity::ActivePowerTotal {
                    power.add(load.usage, reading.value.map(|value| value.to_f64()));
                }
                values.push(LiveValue { load: load.id, quantity, value: reading.value, at: reading.at, reason: reading.reason });
            }
            true
        });
        message::Live {
            version: VERSION,
            at: self.parts.clock.now(),
            clock_set: (self.parts.clock_set)(),
            power_w: power.total(),
            devices: self.counts(&topology),
            backlog_chunks: backlog.chunks,
            backlog_bytes: backlog.bytes,
            values,
            audit: self.parts.audit.head().map(|head| AuditDeposit { head, key: self.parts.audit.public_key() }),
        }
    }

    fn counts(&self, topology: &Topology) -> DeviceCounts {
        let mut counts = DeviceCounts { online: 0, degraded: 0, offline: 0, never_seen: 0 };
        for device in topology.devices.iter().filter(|device| device.enabled) {
            match self.parts.live.device(device.id).map_or(DeviceState::NeverSeen, |entry| entry.state) {
                DeviceState::Online => counts.online += 1,
                DeviceState::Degraded => counts.degraded += 1,
                DeviceState::Offline => counts.offline += 1,
                DeviceState::NeverSeen => counts.never_seen += 1,
                DeviceState::Disabled => {}
            }
        }
        counts
    }
}

/// Longest text of what a device says of itself that is passed on, in characters: the hub takes no longer one.
const MAX_SAID: usize = 200;

/// What is known of a device: what it said itself, else what its profile says of all of its kind.
pub(crate) fn declared(device: &Device, catalogue: &Catalogue) -> DeviceDeclaration {
    let said = |text: &Option<String>| -> Option<String> {
        // It comes from the bus: control characters and padding are nothing that anybody meant.
        let text: String = text.as_ref()?.chars().filter(|sign| !sign.is_control()).take(MAX_SAID).collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    // A profile of SunSpec's models names the standard, and nobody who makes anything.
    let profile =
        catalogue.get(&ProfileId::new(device.profile_id.as_str())).filter(|profile| profile.identify.sunspec.is_empty());
    let of_kind = |text: fn(&Profile) -> &String| said(&Some(text(profile?).clone()));
    let identity = &device.identity;
    DeviceDeclaration {
        make: said(&identity.vendor).or_else(|| of_kind(|profile| &profile.vendor)),
        model: said(&identity.product).or_else(|| of_kind(|profile| &profile.model)),
        version: said(&identity.version),
        serial: said(&identity.serial),
        ..DeviceDeclaration::named(device.id, device.name.clone())
    }
}

/// Power drawn by the site: its supply meters when there are any, else the sum of its loads without production.
#[derive(Default)]
struct SitePower {
    supply: Option<f64>,
    loads: Option<f64>,
}

impl SitePower {
    fn add(&mut self, usage: Usage, power: Option<f64>) {
        let sum = match usage {
            Usage::Production => return,
            Usage::Supply => &mut self.supply,
            _ => &mut self.loads,
        };
        *sum = match (*sum, power) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
    }

    fn total(&self) -> Option<f64> {
        self.supply.or(self.loads)
    }
}

impl Source for GatewaySource {
    fn hello(&self) -> BoxFuture<'_, Result<Hello, SourceError>> {
        Box::pin(async {
            let highest_cursor = self.history(|reader| reader.highest_cursor()).await?;
            let highest_event = self.parts.db.call(events::highest).await.map_err(failed)?;
            let topology = self.parts.topology.borrow().clone();
            let catalogue = self.parts.profiles.catalogue();
            Ok(Hello {
                version: VERSION,
                history: self.parts.history_identity.clone(),
                highest_cursor,
                highest_event,
                product_version: env!("CARGO_PKG_VERSION").to_owned(),
                site_name: topology.site.name.clone(),
                time_zone: topology.site.time_zone.clone(),
                devices: topology.devices.iter().map(|device| declared(device, &catalogue)).collect(),
                loads: topology
                    .loads
                    .iter()
                    .map(|load| LoadDeclaration {
                        id: load.id,
                        device: load.device_id,
                        name: load.name.clone(),
                        fluid: load.fluid,
                        usage: load.usage,
                    })
                    .collect(),
            })
        })
    }

    fn series(&self) -> BoxFuture<'_, Result<Vec<SeriesDeclaration>, SourceError>> {
        Box::pin(async {
            let all = self.history(|reader| reader.series()).await?;
            Ok(all.into_iter().map(|info| SeriesDeclaration { id: info.id, spec: info.spec }).collect())
        })
    }

    fn chunks_after(&self, cursor: u64, limit_bytes: usize) -> BoxFuture<'_, Result<Vec<Chunk>, SourceError>> {
        Box::pin(async move {
            // The hub is told of what happened (events), but measurements of a changed program are nothing to hand out.
            if !self.parts.boot.outlets_allowed() {
                return Ok(Vec::new());
            }
            let rows = self.history(move |reader| reader.chunks_after(cursor, limit_bytes)).await?;
            let chunk = |row: haubert_historian::ChunkRow| Chunk {
                cursor: row.cursor,
                series: row.series,
                first: row.first,
                last: row.last,
                count: row.count,
                bytes: row.bytes.into(),
            };
            Ok(rows.into_iter().map(chunk).collect())
        })
    }

    fn chunks_acknowledged(&self, cursor: u64) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            let progress = *self.progress.borrow();
            self.advance(Progress { chunk_cursor: cursor, ..progress }).await
        })
    }

    fn chunk_rejected<'a>(&'a self, cursor: u64, detail: &str) -> BoxFuture<'a, Result<(), SourceError>> {
        let event = NewEvent::new(
            self.parts.clock.now(),
            Severity::Warning,
            "chunk_refused",
            [("cursor", cursor.to_string()), ("detail", detail.to_owned())],
        );
        Box::pin(async move {
            self.parts.db.note(move |tx| events::add(tx, &event)).await.map_err(failed)?;
            Ok(())
        })
    }

    fn events_after(&self, id: u64, limit: usize) -> BoxFuture<'_, Result<Vec<LinkEvent>, SourceError>> {
        Box::pin(async move {
            let after = i64::try_from(id).unwrap_or(i64::MAX);
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let found = self.parts.db.call(move |tx| events::after(tx, after, limit)).await.map_err(failed)?;
            Ok(found
                .into_iter()
                .map(|event| LinkEvent {
                    id: event.id.unsigned_abs(),
                    at: event.at.0,
                    severity: match event.severity {
                        Severity::Info => message::Severity::Info,
                        Severity::Warning => message::Severity::Warning,
                        Severity::Critical => message::Severity::Critical,
                    },
                    code: event.code,
                    params: event.params,
                })
                .collect())
        })
    }

    fn events_acknowledged(&self, id: u64) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            let progress = *self.progress.borrow();
            self.advance(Progress { event_id: id, ..progress }).await
        })
    }

    fn live(&self) -> BoxFuture<'_, Result<message::Live, SourceError>> {
        Box::pin(async {
            let cursor = self.progress.borrow().chunk_cursor;
            let backlog = self.history(move |reader| reader.backlog(cursor)).await?;
            Ok(self.live_now(backlog))
        })
    }

    fn posture(&self) -> BoxFuture<'_, Result<Option<PostureReport>, SourceError>> {
        let latest = self.parts.posture.borrow().clone();
        Box::pin(async move { Ok(latest.map(|posture| report(&posture))) })
    }

    fn renewed<'a>(&'a self, credentials: &Credentials) -> BoxFuture<'a, Result<(), SourceError>> {
        let stored = Stored::new(&self.hub_url, credentials);
        Box::pin(async move { self.parts.db.call(move |tx| credentials::replace(tx, &stored)).await.map_err(failed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_model::{BusId, DeviceId, DeviceIdentity};
    use uuid::Uuid;

    fn device(profile: &str, identity: DeviceIdentity) -> Device {
        Device {
            id: DeviceId(Uuid::from_u128(1)),
            source: crate::topology::Source::Bus { bus_id: BusId(Uuid::from_u128(2)), unit: 1 },
            name: "Tableau 1".to_owned(),
            profile_id: profile.to_owned(),
            base: None,
            identity,
            channels: 1,
            enabled: true,
            reading: crate::topology::Reading::default(),
        }
    }

    #[test]
    fn what_a_device_said_goes_before_what_its_profile_says() {
        let catalogue = haubert_content::embedded().unwrap();
        let said = DeviceIdentity {
            product: Some(" COUNTIS E34\0 ".to_owned()),
            version: Some("1.04".to_owned()),
            serial: Some("\u{7}".to_owned()),
            ..DeviceIdentity::default()
        };
        let told = declared(&device("socomec/countis-e3x", said), &catalogue);
        assert_eq!((told.make.as_deref(), told.model.as_deref()), (Some("Socomec"), Some("COUNTIS E34")));
        assert_eq!((told.version.as_deref(), told.serial), (Some("1.04"), None));
        let silent = declared(&device("socomec/countis-e3x", DeviceIdentity::default()), &catalogue);
        assert!(silent.model.is_some_and(|model| model.contains("E34")) && silent.version.is_none());
        let unknown = declared(&device("nobody/nothing", DeviceIdentity::default()), &catalogue);
        assert_eq!(unknown, DeviceDeclaration::named(unknown.id, "Tableau 1".to_owned()));
        let long = DeviceIdentity { vendor: Some("x".repeat(999)), ..DeviceIdentity::default() };
        assert_eq!(declared(&device("nobody/nothing", long), &catalogue).make.unwrap().len(), MAX_SAID);
    }
}

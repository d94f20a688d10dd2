//! What a change would stop and start, in things that people know: buses, devices, the hub, who is signed in.

use super::document::Policy;
use super::lines::held_by;
use super::services::{REGISTRY, Service};
use crate::topology::Topology;
use serde::Serialize;
use std::net::IpAddr;
use utoipa::ToSchema;

/// What runs now, as far as a policy can stop it.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// Buses and devices.
    pub topology: &'a Topology,
    /// The hub that the gateway is enrolled with.
    pub hub: Option<String>,
    /// Searches for devices under way.
    pub searches: usize,
    /// Who is signed in, and from where, as far as that is known.
    pub people: Vec<(String, Option<IpAddr>)>,
}

/// A service that would stop or start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PolicyEffect)]
pub struct Effect {
    /// Which.
    pub service: Service,
    /// It would start; else it would stop.
    pub starts: bool,
    /// Buses that this concerns.
    pub buses: Vec<String>,
    /// Devices that this concerns.
    pub devices: usize,
    /// The hub, when it concerns that.
    #[schema(required)]
    pub hub: Option<String>,
    /// Searches that would end.
    pub searches: usize,
    /// Who of those signed in would be locked out.
    pub people: Vec<String>,
}

/// What would stop and start, in the order of the page.
pub fn of(before: &Policy, after: &Policy, now: &Situation<'_>) -> Vec<Effect> {
    REGISTRY.iter().filter_map(|entry| effect(entry.service, before, after, now)).collect()
}

fn effect(service: Service, before: &Policy, after: &Policy, now: &Situation<'_>) -> Option<Effect> {
    let (was, is) = (before.allows(service), after.allows(service));
    let buses: Vec<_> = now
        .topology
        .buses
        .iter()
        .filter(|bus| bus.enabled)
        .filter(|bus| {
            let (was, is) = (held_by(before, &bus.line), held_by(after, &bus.line));
            was.is_some() != is.is_some() && was.or(is) == Some(service)
        })
        .collect();
    let people: Vec<String> = match service {
        // Whoever uses pages needs the pages' way in; who uses programs cannot be told from here.
        Service::WebView => locked_out(after, now),
        _ => Vec::new(),
    };
    if was == is && buses.is_empty() && (people.is_empty() || before.sources(service) == after.sources(service)) {
        return None;
    }
    let devices = match service {
        Service::ModbusWriting => now.topology.devices.iter().filter(|device| device.enabled && device.reading.read_log).count(),
        Service::Lorawan => now.topology.devices.iter().filter(|device| device.enabled && device.sensor().is_some()).count(),
        _ => buses.iter().map(|bus| now.topology.devices_on(bus.id).filter(|device| device.enabled).count()).sum(),
    };
    let starts = if was == is { buses.iter().any(|bus| held_by(after, &bus.line).is_none()) } else { is };
    Some(Effect {
        service,
        starts,
        devices,
        buses: buses.into_iter().map(|bus| bus.name.clone()).collect(),
        hub: now.hub.clone().filter(|_| service == Service::HubLink),
        searches: if service == Service::Discovery { now.searches } else { 0 },
        people,
    })
}

fn locked_out(after: &Policy, now: &Situation<'_>) -> Vec<String> {
    let mut names: Vec<String> = now
        .people
        .iter()
        .filter(|(_, from)| match from {
            Some(from) => !after.admits(Service::WebView, *from),
            None => !after.allows(Service::WebView),
        })
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Bus, Device, GroupPeriods, Line, Reading, Site, Source};
    use haubert_model::{BusId, DeviceId, DeviceIdentity};
    use uuid::Uuid;

    fn topology() -> Topology {
        let bus = |id: u128, name: &str, line: Line| Bus {
            id: BusId(Uuid::from_u128(id)),
            name: name.to_owned(),
            line,
            timeout_ms: 1000,
            poll_ms: 1000,
            periods: GroupPeriods::default(),
            enabled: true,
        };
        let device = |id: u128, bus: u128, read_log: bool| Device {
            id: DeviceId(Uuid::from_u128(id)),
            source: Source::Bus { bus_id: BusId(Uuid::from_u128(bus)), unit: u8::try_from(id).unwrap() },
            name: format!("Meter {id}"),
            profile_id: "socomec/countis-e3x".to_owned(),
            base: None,
            identity: DeviceIdentity::default(),
            channels: 1,
            enabled: true,
            reading: Reading { read_log, ..Reading::default() },
        };
        let serial = Line::Serial { path: "/dev/ttyS0".into(), baud: 9600, parity: haubert_fieldbus::Parity::Even, stop_bits: 1 };
        let site = Site { name: String::new(), time_zone: "UTC".to_owned(), country: "FR".to_owned() };
        let buses = vec![bus(1, "Quay", Line::Tcp { host: "m".to_owned(), port: 502 }), bus(2, "Board", serial)];
        Topology::new(site, Vec::new(), buses, vec![device(1, 1, true), device(2, 2, false), device(3, 2, true)], Vec::new())
    }

    fn changed(change: impl Fn(&mut Policy)) -> Policy {
        let mut policy = Policy::default();
        change(&mut policy);
        policy
    }

    #[test]
    fn what_stops_is_told_in_buses_devices_and_people() {
        let topology = topology();
        let from = |text: &str| Some(text.parse().unwrap());
        let now = Situation {
            topology: &topology,
            hub: Some("https://hub.example".to_owned()),
            searches: 1,
            people: vec![("anna".to_owned(), from("10.0.0.5")), ("bert".to_owned(), from("192.0.2.1"))],
        };
        let fresh = Policy::default();
        assert!(of(&fresh, &fresh, &now).is_empty());

        let effects = of(&fresh, &changed(|policy| policy.services.set(Service::Serial, false)), &now);
        assert_eq!(effects.len(), 1);
        assert_eq!((effects[0].buses.as_slice(), effects[0].devices, effects[0].starts), (&["Board".to_owned()][..], 2, false));

        let port = changed(|policy| _ = policy.serial_ports.insert("/dev/ttyS0".to_owned(), false));
        let effects = of(&fresh, &port, &now);
        assert_eq!((effects[0].service, effects[0].buses.as_slice()), (Service::Serial, &["Board".to_owned()][..]));
        assert!(of(&port, &fresh, &now)[0].starts);

        let effects = of(&fresh, &changed(|policy| policy.services.set(Service::ModbusWriting, true)), &now);
        assert_eq!((effects[0].devices, effects[0].starts), (2, true));

        let effects = of(&fresh, &changed(|policy| policy.services.set(Service::HubLink, false)), &now);
        assert_eq!(effects[0].hub.as_deref(), Some("https://hub.example"));
        assert!(effects.iter().any(|effect| effect.service == Service::UpdateFromHub), "what needs it stops too");

        let narrow = changed(|policy| policy.services.set_sources(Service::WebView, vec!["10.0.0.0/8".parse().unwrap()]));
        assert_eq!(of(&fresh, &narrow, &now)[0].people, ["bert"]);
        assert_eq!(of(&fresh, &changed(|policy| policy.services.set(Service::Discovery, false)), &now)[0].searches, 1);
    }
}

//! Zones and conduits (IEC 62443-3-2): does the picture hold together, and what is outside of it?

use super::fold;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Security levels of IEC 62443: 0 (none) to 4.
pub const LEVELS: std::ops::RangeInclusive<u8> = 0..=4;

/// A zone, as far as checks need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Target security level, SL-T.
    pub target: u8,
    /// How many assets are in it.
    pub assets: usize,
}

/// A conduit, as far as checks need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conduit {
    /// Its id.
    pub id: String,
    /// Id of the zone at one end.
    pub from: String,
    /// Id of the zone at the other end.
    pub to: String,
    /// What passes, in words.
    pub protocols: Vec<String>,
    /// Target security level, SL-T.
    pub target: u8,
}

/// Why a conduit cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConduitFault {
    /// Both ends are the same zone.
    SameZone,
    /// The zone `from` is not there.
    FromUnknown,
    /// The zone `to` is not there.
    ToUnknown,
}

/// Whether a conduit between these zones can be.
///
/// # Errors
/// [`ConduitFault`].
pub fn joins(from: &str, to: &str, zones: &[Zone]) -> Result<(), ConduitFault> {
    let there = |id: &str| zones.iter().any(|zone| zone.id == id);
    match (there(from), there(to)) {
        (false, _) => Err(ConduitFault::FromUnknown),
        (_, false) => Err(ConduitFault::ToUnknown),
        _ if from == to => Err(ConduitFault::SameZone),
        _ => Ok(()),
    }
}

/// What is remarked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SegmentationRemarkKind)]
pub enum RemarkKind {
    /// A zone without assets.
    ZoneEmpty,
    /// Two zones of one name.
    ZoneNameTwice,
    /// A zone that no conduit reaches, while there are others. It may be meant so.
    ZoneAlone,
    /// What passes a conduit is not said.
    ProtocolsUnsaid,
    /// A conduit is asked less than the weaker of its zones: it is what the zones are attacked through.
    ConduitBelowZones,
    /// Two conduits join the same zones.
    ConduitTwice,
}

/// A remark on a zone or a conduit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[schema(as = SegmentationRemark)]
pub struct Remark {
    /// What.
    pub kind: RemarkKind,
    /// Id of the zone or the conduit.
    pub on: String,
}

/// What is to remark on zones and conduits, by kind and then in their order.
pub fn remarks(zones: &[Zone], conduits: &[Conduit]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut remark = |kind: RemarkKind, on: &str| remarks.push(Remark { kind, on: on.to_owned() });
    let joined: BTreeSet<&str> = conduits.iter().flat_map(|conduit| [conduit.from.as_str(), conduit.to.as_str()]).collect();
    let mut names = BTreeSet::new();
    for zone in zones {
        if zone.assets == 0 {
            remark(RemarkKind::ZoneEmpty, &zone.id);
        }
        if !names.insert(fold(&zone.name)) {
            remark(RemarkKind::ZoneNameTwice, &zone.id);
        }
        if zones.len() > 1 && !joined.contains(zone.id.as_str()) {
            remark(RemarkKind::ZoneAlone, &zone.id);
        }
    }
    let targets: BTreeMap<&str, u8> = zones.iter().map(|zone| (zone.id.as_str(), zone.target)).collect();
    let mut pairs = BTreeSet::new();
    for conduit in conduits {
        if conduit.protocols.is_empty() {
            remark(RemarkKind::ProtocolsUnsaid, &conduit.id);
        }
        let ends = [conduit.from.as_str(), conduit.to.as_str()];
        if ends.iter().filter_map(|end| targets.get(end)).min().is_some_and(|least| conduit.target < *least) {
            remark(RemarkKind::ConduitBelowZones, &conduit.id);
        }
        if !pairs.insert((conduit.from.as_str().min(&conduit.to), conduit.from.as_str().max(&conduit.to))) {
            remark(RemarkKind::ConduitTwice, &conduit.id);
        }
    }
    remarks.sort_by_key(|remark| remark.kind);
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(id: &str, target: u8, assets: usize) -> Zone {
        Zone { id: id.to_owned(), name: format!("Zone {id}"), target, assets }
    }

    fn conduit(id: &str, from: &str, to: &str, target: u8) -> Conduit {
        Conduit { id: id.to_owned(), from: from.to_owned(), to: to.to_owned(), protocols: vec!["Modbus TCP".to_owned()], target }
    }

    #[test]
    fn a_conduit_joins_two_zones_that_are_there() {
        let zones = [zone("a", 2, 1), zone("b", 2, 1)];
        assert_eq!(joins("a", "b", &zones), Ok(()));
        assert_eq!(joins("a", "a", &zones), Err(ConduitFault::SameZone));
        assert_eq!(joins("x", "a", &zones), Err(ConduitFault::FromUnknown));
        assert_eq!(joins("a", "x", &zones), Err(ConduitFault::ToUnknown));
    }

    #[test]
    fn what_is_to_remark_is_said_where_it_is() {
        let zones = [zone("a", 2, 1), zone("b", 3, 0), Zone { name: "zone-A".to_owned(), ..zone("c", 1, 1) }];
        let silent = Conduit { protocols: Vec::new(), ..conduit("y", "b", "a", 2) };
        let found = remarks(&zones, &[conduit("x", "a", "b", 1), silent]);
        let found: Vec<(RemarkKind, &str)> = found.iter().map(|remark| (remark.kind, remark.on.as_str())).collect();
        let expected = [
            (RemarkKind::ZoneEmpty, "b"),
            (RemarkKind::ZoneNameTwice, "c"),
            (RemarkKind::ZoneAlone, "c"),
            (RemarkKind::ProtocolsUnsaid, "y"),
            (RemarkKind::ConduitBelowZones, "x"),
            (RemarkKind::ConduitTwice, "y"),
        ];
        assert_eq!(found, expected);
        assert_eq!(remarks(&[zone("a", 2, 1)], &[]), []);
    }

    proptest! {
        #[test]
        fn a_conduit_that_is_asked_as_much_as_its_zones_is_never_too_weak(a in 0u8..=4, b in 0u8..=4, more in 0u8..=4) {
            let zones = [zone("a", a, 1), zone("b", b, 1)];
            let weak = |target: u8| {
                remarks(&zones, &[conduit("x", "a", "b", target)]).iter().any(|remark| remark.kind == RemarkKind::ConduitBelowZones)
            };
            prop_assert!(!weak(a.min(b).saturating_add(more).min(4)));
            prop_assert_eq!(weak(0), a.min(b) > 0);
        }
    }
}

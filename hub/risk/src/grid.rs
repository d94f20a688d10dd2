//! The grids of EBIOS Risk Manager: gravity and likelihood to a level of risk; sources of risk; stakeholders.
//! Figures as CISO Assistant's public libraries and model have them (`risk-matrix-4x4-ebios-rm.yaml`, `ebios_rm/models.py`).

use serde::{Deserialize, Serialize};

/// A level of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Acceptable as it is.
    Low,
    /// Tolerable under control.
    Medium,
    /// Not acceptable.
    High,
}

/// Rows V1 to V4, columns G1 to G4.
const GRID: [[Level; 4]; 4] = {
    use Level::{High, Low, Medium};
    [[Low, Low, Low, Medium], [Low, Low, Medium, Medium], [Medium, Medium, High, High], [Medium, High, High, High]]
};

/// Rows: motivation 1 to 4; columns: resources 1 to 4.
const PERTINENCE: [[u8; 4]; 4] = [[1, 1, 2, 2], [1, 2, 3, 3], [2, 3, 3, 4], [2, 3, 4, 4]];

fn at<T: Copy>(grid: &[[T; 4]; 4], row: u8, column: u8) -> Option<T> {
    let row = grid.get(usize::from(row).checked_sub(1)?)?;
    row.get(usize::from(column).checked_sub(1)?).copied()
}

/// The level of a risk of `gravity` 1 to 4 and `likelihood` 1 to 4; nothing for anything else.
pub fn level(gravity: u8, likelihood: u8) -> Option<Level> {
    at(&GRID, likelihood, gravity)
}

/// How pertinent a source of risk is, 1 to 4, by its `motivation` and its `resources`, each 1 to 4; nothing for anything else.
pub fn pertinence(motivation: u8, resources: u8) -> Option<u8> {
    at(&PERTINENCE, motivation, resources)
}

/// Where a stakeholder stands in the ecosystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EcosystemZone)]
pub enum Zone {
    /// Criticality below 0.5.
    Control,
    /// From 0.5 on.
    Watch,
    /// From 1.5 on.
    Danger,
}

/// A stakeholder of the ecosystem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stakeholder {
    /// How much one depends on it, 0 to 4.
    pub dependency: u8,
    /// How far it reaches in, 0 to 4.
    pub penetration: u8,
    /// How mature its security is, 1 to 4.
    pub maturity: u8,
    /// How far it is trusted, 1 to 4.
    pub trust: u8,
}

impl Stakeholder {
    /// Dependency × penetration ÷ (maturity × trust), 0 to 16; nothing when a figure is out of its range.
    pub fn criticality(self) -> Option<f64> {
        let in_range =
            self.dependency <= 4 && self.penetration <= 4 && (1..=4).contains(&self.maturity) && (1..=4).contains(&self.trust);
        in_range.then(|| f64::from(self.dependency * self.penetration) / f64::from(self.maturity * self.trust))
    }

    /// Its zone.
    pub fn zone(self) -> Option<Zone> {
        self.criticality().map(|criticality| match criticality {
            low if low < 0.5 => Zone::Control,
            middle if middle < 1.5 => Zone::Watch,
            _ => Zone::Danger,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_the_published_one_and_rises_both_ways() {
        let row = |likelihood| [1, 2, 3, 4].map(|gravity| level(gravity, likelihood).unwrap());
        use Level::{High, Low, Medium};
        assert_eq!(row(1), [Low, Low, Low, Medium]);
        assert_eq!(row(2), [Low, Low, Medium, Medium]);
        assert_eq!(row(3), [Medium, Medium, High, High]);
        assert_eq!(row(4), [Medium, High, High, High]);
        for one in 1..=4 {
            for other in 1..=3 {
                assert!(level(one, other) <= level(one, other + 1) && level(other, one) <= level(other + 1, one));
                assert!(
                    pertinence(one, other) <= pertinence(one, other + 1) && pertinence(other, one) <= pertinence(other + 1, one)
                );
            }
        }
        assert_eq!((level(0, 1), level(5, 1), pertinence(1, 5)), (None, None, None));
    }

    #[test]
    fn who_reaches_far_in_and_is_little_trusted_is_in_the_zone_of_danger() {
        let stakeholder = |dependency, penetration, maturity, trust| Stakeholder { dependency, penetration, maturity, trust };
        assert_eq!(stakeholder(4, 4, 1, 1).criticality(), Some(16.0));
        assert_eq!(stakeholder(2, 3, 2, 2).zone(), Some(Zone::Danger), "6 / 4");
        assert_eq!(stakeholder(1, 2, 2, 2).zone(), Some(Zone::Watch), "2 / 4");
        assert_eq!(stakeholder(1, 1, 2, 2).zone(), Some(Zone::Control), "1 / 4");
        assert_eq!(stakeholder(1, 1, 0, 2).criticality(), None);
    }
}

//! Which groups of a framework concern an organisation.

use serde::{Deserialize, Serialize};

/// Size of an organisation (recommendation 2003/361/EC, annex, article 2, by head count).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Fewer than 10 people.
    #[default]
    Micro,
    /// Fewer than 50.
    Small,
    /// Fewer than 250.
    Medium,
    /// 250 and more.
    Large,
}

/// What directive (EU) 2022/2555 makes of an organisation (article 3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nis2 {
    /// It does not concern it.
    #[default]
    None,
    /// An important entity.
    Important,
    /// An essential entity.
    Essential,
}

/// What decides which measures concern an organisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How many people.
    pub size: Size,
    /// Whether it runs industrial systems.
    pub ot: bool,
    /// What NIS 2 makes of it.
    pub nis2: Nis2,
    /// Whether it has communication gateways.
    pub gateways: bool,
}

/// When a group of measures is asked. Everything that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    sizes: Option<Vec<Size>>,
    ot: Option<bool>,
    nis2: Option<Vec<Nis2>>,
    gateways: Option<bool>,
}

/// A group, and when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    group: String,
    #[serde(default)]
    when: When,
}

impl When {
    fn holds(&self, profile: &Profile) -> bool {
        self.sizes.as_ref().is_none_or(|sizes| sizes.contains(&profile.size))
            && self.ot.is_none_or(|ot| ot == profile.ot)
            && self.nis2.as_ref().is_none_or(|kinds| kinds.contains(&profile.nis2))
            && self.gateways.is_none_or(|gateways| gateways == profile.gateways)
    }
}

impl Show {
    /// The groups that are asked of whoever has `profile`.
    pub fn groups<'a>(rules: &'a [Self], profile: &Profile) -> Vec<&'a str> {
        let mut groups: Vec<&str> =
            rules.iter().filter(|rule| rule.when.holds(profile)).map(|rule| rule.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

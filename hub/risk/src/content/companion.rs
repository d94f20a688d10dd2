//! What the product adds to the port framework.

use crate::profile::Show;
use serde::{Deserialize, Serialize};

/// Who is asked what, what proves it, what comes first and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// `ref_id` of the framework.
    pub framework: String,
    /// Who is asked which group.
    pub show: Vec<Show>,
    /// What a gateway's posture proves.
    pub evidence: Vec<Evidence>,
    /// What comes first.
    pub depends: Vec<Depends>,
    /// What it takes.
    pub cost: Vec<Takes>,
}

/// How much of a measure a gateway's posture proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// All of it.
    Whole,
    /// The gateways' share.
    Part,
}

/// A requirement that a gateway answers, which proves a measure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The measure.
    pub measure: String,
    /// Line of the gateway's posture.
    pub requirement: String,
    /// How much of the measure that is.
    pub covers: Covers,
}

/// What comes before a measure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Depends {
    /// The measure.
    pub measure: String,
    /// What it rests on.
    pub on: Vec<String>,
}

/// How much work a measure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Effort {
    /// Some hours.
    S,
    /// Some days.
    M,
    /// Some weeks.
    L,
    /// Some months.
    #[serde(rename = "XL")]
    Xl,
}

impl Effort {
    /// In units of the least. Each counts twice the one before and not the five times that it lasts: what is long is done beside
    /// other work.
    pub fn units(self) -> u32 {
        match self {
            Self::S => 1,
            Self::M => 2,
            Self::L => 4,
            Self::Xl => 8,
        }
    }
}

/// What must be spent on a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spend {
    /// Nothing but work.
    None,
    /// Hundreds of euros.
    Low,
    /// Thousands.
    Medium,
    /// Tens of thousands and more.
    High,
}

/// What a measure takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Takes {
    /// The measure.
    pub measure: String,
    /// Work.
    pub effort: Effort,
    /// Money.
    pub cost: Spend,
}

/// Where other frameworks ask the same: identifiers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct References {
    /// The measure.
    pub id: String,
    /// Points of article 21 of directive (EU) 2022/2555.
    pub nis2_art_21: Vec<String>,
    /// Objectives of ReCyF.
    pub recyf: Vec<String>,
    /// Measures of ANSSI's hygiene guide.
    pub anssi_hygiene: Vec<u8>,
    /// System requirements of IEC 62443-3-3.
    pub iec_62443_3_3: Vec<String>,
    /// Controls of ISO/IEC 27002:2022.
    pub iso_27002_2022: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferencesFile {
    pub(super) measure: Vec<References>,
}

//! How the gateway stands against what is asked of it, found out anew each time somebody looks.
//!
//! Requirements are data ([`requirements`]); what can be seen of a running gateway is a finding with its proof ([`checks`]);
//! [`assess`] puts the two together. So a page of the audit is true today, not on the day that somebody filled it in.

pub mod assess;
pub mod checks;
pub mod desk;
pub mod document;
pub mod requirements;

use crate::app::App;
use crate::store::StoreError;
use assess::{Answer, Finding, assess};
use haubert_model::Timestamp;

/// How the gateway stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posture {
    /// When it was found out.
    pub at: Timestamp,
    /// The technical note's settings.
    pub settings: Vec<Answer>,
    /// The standard's requirements.
    pub requirements: Vec<Answer>,
    /// What was looked at.
    pub findings: Vec<Finding>,
}

/// Looks at everything.
///
/// # Errors
/// When the configuration store fails.
pub async fn now(app: &App) -> Result<Posture, StoreError> {
    let findings = checks::all(app).await?;
    Ok(Posture {
        at: app.clock.now(),
        settings: assess(requirements::technical_note(), &findings),
        requirements: assess(requirements::iec_62443_4_2(), &findings),
        findings,
    })
}

//! Where organisations stand, day by day: what is followed in time, and what the community compares.
//!
//! A day is kept as it was told that day. Rejected: reckoning past days from past answers, because content, evidence and the
//! community change too, and a figure that once stood in a report must still be found.

use crate::api::today_of;
use crate::hub::Hub;
use crate::store::entity::register::standing_day;
use haubert_model::OrganisationId;
use haubert_risk::Interval;
use haubert_service::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often the day's figures are kept again.
const EVERY: Duration = Duration::from_secs(3600);
/// Organisations read at a time.
const BATCH: u64 = 200;

/// How many there are of each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ByLevel {
    pub(crate) low: u32,
    pub(crate) medium: u32,
    pub(crate) high: u32,
}

/// What is followed of an organisation. What a later version adds is missing in days that were kept before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = IndicatorValues)]
pub(crate) struct Values {
    pub(crate) declared: Interval,
    pub(crate) evidenced: Interval,
    /// Nothing as long as nobody has audited.
    pub(crate) audited: Option<Interval>,
    /// Index of each theme, as declared.
    pub(crate) themes: BTreeMap<String, Interval>,
    /// Measures that apply.
    pub(crate) measures: u32,
    /// Measures that apply and of which something is known.
    pub(crate) known: u32,
    /// Measures of which gateways show less than what is declared.
    pub(crate) contradicted: u32,
    /// Gateways whose evidence is fresh.
    pub(crate) witnesses: u32,
    /// Open risks as they were entered.
    pub(crate) risks: ByLevel,
    /// Open risks as measures leave them.
    pub(crate) current_risks: ByLevel,
    /// Open risks of which something calls for attention.
    pub(crate) alerts: u32,
    pub(crate) actions_open: u32,
    pub(crate) actions_done: u32,
    /// Open actions of which the day is over.
    pub(crate) actions_overdue: u32,
    /// Highest grade of the label of which nothing is missing.
    pub(crate) grade: Option<String>,
}

/// Reckons where an organisation stands today, and keeps it.
pub(crate) async fn keep(hub: &Hub, id: OrganisationId) -> Result<Values, Problem> {
    let values = today_of(hub, id).await?;
    let document = serde_json::to_string(&values).map_err(|error| Problem::internal("keep a day", &error))?;
    let row = standing_day::Model { organisation_id: id.to_string(), day: hub.today().to_string(), document };
    hub.store.set_standing_day(row).await?;
    Ok(values)
}

/// Keeps every organisation's day, until the hub ends.
pub(crate) async fn run(hub: Hub) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = hub.shutdown.wait() => return,
            _ = ticks.tick() => {}
        }
        tokio::select! {
            () = hub.shutdown.wait() => return,
            kept = keep_all(&hub) => if let Err(error) = kept {
                tracing::error!(?error, "the day's figures are not kept");
            }
        }
    }
}

async fn keep_all(hub: &Hub) -> Result<(), Problem> {
    let mut cursor = String::new();
    loop {
        let batch = hub.store.organisations(&cursor, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        cursor.clone_from(&last.id);
        for organisation in &batch {
            if let Ok(id) = organisation.id.parse() {
                keep(hub, id).await?;
            }
        }
    }
}

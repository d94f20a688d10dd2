//! Kill -9 of gateway and hub at random moments, with disks that lose what was not synced. The drill is that of the tests, longer.

use crate::report::{Claim, Section, number};
use haubert_testkit::drill::{Drill, Report};

/// Kills of the negative control; the first loss ends it.
const CONTROL: usize = 60;
/// Longest start allowed, seconds.
const START_S: f64 = 2.0;

/// Kills so often, then once more on disks that lie.
pub(crate) async fn measure(kills: usize, seed: u64) -> Result<Section, String> {
    let honest = drill(Drill { seed, kills, lying: false }).await?;
    let control = drill(Drill { seed, kills: CONTROL, lying: true }).await?;
    let Report { lost, doubled, wrong, .. } = &honest;
    for said in lost.iter().chain(doubled).chain(wrong) {
        eprintln!("  {said}");
    }
    Ok(Section {
        id: "durability",
        title: "kill -9",
        about:
            "Gateway and hub under load, killed at random moments; at each kill their simulated disk loses or tears what was not \
                synced. Whatever either had shown or acknowledged must be there afterwards, once."
                .to_owned(),
        claims: vec![
            Claim::at_least("kills", (honest.gateway_kills + honest.hub_kills) as f64, 1_000.0, ""),
            Claim::new("acknowledged samples and settings lost", lost.len().to_string(), "0", lost.is_empty()),
            Claim::new("samples doubled", doubled.len().to_string(), "0", doubled.is_empty()),
            Claim::new("anything else wrong", wrong.len().to_string(), "0", wrong.is_empty()),
            Claim::at_most("slowest start", honest.slowest_start.as_secs_f64(), START_S, "s"),
            Claim::new(
                "negative control: on disks that only say that they synced, loss is found",
                if control.lost.is_empty() {
                    "none found".to_owned()
                } else {
                    format!("after {} kills", control.gateway_kills + control.hub_kills)
                },
                "found",
                !control.lost.is_empty(),
            ),
        ],
        notes: vec![format!(
            "{} kills of the gateway, {} of the hub (seed {seed}); {} samples seen at the gateway and {} at the hub; mean start {} s.",
            honest.gateway_kills,
            honest.hub_kills,
            number(honest.shown_at_gateway as f64),
            number(honest.shown_at_hub as f64),
            number(honest.mean_start().as_secs_f64()),
        )],
        ..Section::default()
    })
}

async fn drill(drill: Drill) -> Result<Report, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    drill.run(dir.path()).await
}

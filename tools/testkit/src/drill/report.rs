//! What a drill found.

use crate::disk::Cut;
use std::fmt;
use std::time::Duration;

/// Figures and findings of a drill.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What decided it.
    pub seed: u64,
    /// Kills of the gateway.
    pub gateway_kills: usize,
    /// Kills of the hub.
    pub hub_kills: usize,
    /// Samples that the gateway showed.
    pub shown_at_gateway: usize,
    /// Samples that the hub showed.
    pub shown_at_hub: usize,
    /// Settings and organisations that were accepted.
    pub settings: usize,
    /// Sealed chunks at the end.
    pub chunks: usize,
    /// Longest time from start to serving after a kill.
    pub slowest_start: Duration,
    /// Sum of those times, for the mean.
    pub starts: Duration,
    /// Changes kept because they were synced; lost; kept although not synced. Sums over all cuts.
    pub cuts: Cut,
    /// What had been confirmed and was gone or different.
    pub lost: Vec<String>,
    /// Samples that were there twice or out of order.
    pub doubled: Vec<String>,
    /// Whatever else was wrong: a start that failed, an alarm, a panic, a value that no meter gave.
    pub wrong: Vec<String>,
}

impl Report {
    /// Whether nothing was found.
    pub const fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.wrong.is_empty()
    }

    /// Mean time from start to serving.
    pub fn mean_start(&self) -> Duration {
        let kills = u32::try_from(self.gateway_kills + self.hub_kills).unwrap_or(u32::MAX).max(1);
        self.starts / kills
    }

    pub(super) fn started(&mut self, took: Duration) {
        self.starts += took;
        self.slowest_start = self.slowest_start.max(took);
    }

    pub(super) fn cut(&mut self, cut: Cut) {
        self.cuts.synced += cut.synced;
        self.cuts.lost += cut.lost;
        self.cuts.spared += cut.spared;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} kills of the gateway, {} of the hub; {} samples shown by the gateway, {} by the hub, {} settings, {} chunks",
            self.seed, self.gateway_kills, self.hub_kills, self.shown_at_gateway, self.shown_at_hub, self.settings, self.chunks
        )?;
        writeln!(
            f,
            "changes synced {}, lost {}, spared {}; start: mean {:?}, slowest {:?}",
            self.cuts.synced,
            self.cuts.lost,
            self.cuts.spared,
            self.mean_start(),
            self.slowest_start
        )?;
        for (what, list) in [("lost", &self.lost), ("doubled", &self.doubled), ("wrong", &self.wrong)] {
            writeln!(f, "{what}: {}", list.len())?;
            for one in list.iter().take(10) {
                writeln!(f, "  {one}")?;
            }
        }
        Ok(())
    }
}

//! How evenly devices are polled, as the plant sees it.

use crate::plant::Plant;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Between two looks: what is late by less is not seen.
const LOOK: Duration = Duration::from_millis(50);
/// Time between two polls.
const EVERY: Duration = Duration::from_secs(1);

/// A watch on all devices of a plant.
pub(super) struct Polls {
    end: oneshot::Sender<()>,
    task: JoinHandle<Result<f64, String>>,
}

impl Polls {
    /// Begins to watch.
    pub(super) fn watch(plant: &Plant) -> Self {
        let (end, ended) = oneshot::channel();
        Self { end, task: tokio::spawn(watch(plant.control_path(), ended)) }
    }

    /// By how many seconds the latest poll of any device was late.
    pub(super) async fn late_by(self) -> Result<f64, String> {
        let _told = self.end.send(());
        self.task.await.map_err(|error| error.to_string())?
    }
}

async fn watch(control: PathBuf, mut ended: oneshot::Receiver<()>) -> Result<f64, String> {
    let mut ticks = tokio::time::interval(LOOK);
    let mut last: Vec<(u64, Option<Instant>)> = Vec::new();
    let mut longest = Duration::ZERO;
    loop {
        ticks.tick().await;
        let asked = Plant::asked_at(&control).await?;
        let now = Instant::now();
        last.resize(asked.by_device.len(), (0, None));
        let is_over = !matches!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        for ((count, since), (requests, _)) in last.iter_mut().zip(&asked.by_device) {
            // The time that is still running counts, too: a device that is not polled any more is late.
            if *requests != *count || is_over {
                longest = longest.max(since.map_or(Duration::ZERO, |since| now - since));
                // What was before the watch began has no time.
                *since = (*count > 0 || since.is_some()).then_some(now);
                *count = *requests;
            }
        }
        if is_over {
            return Ok(longest.saturating_sub(EVERY).as_secs_f64());
        }
    }
}

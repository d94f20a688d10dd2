//! Asking the hub for a newer release. The hub only keeps and hands out bundles; it cannot make one, and is not believed.

use super::{Offer, PRODUCT, Source, UpdateError, Updates};
use crate::app::Shared;
use crate::policy::Service;
use haubert_bundle::archive::MAX_BUNDLE;
use haubert_bundle::{Refusal, Version};
use haubert_link::Link;
use haubert_link::message::UpdateOffer;
use std::time::Duration;

/// Time between two questions.
const EVERY: Duration = Duration::from_secs(6 * 3600);
/// After the start, so that a fleet does not ask at once.
const FIRST: Duration = Duration::from_secs(300);

/// Asks the hub now and then; what it offers is shown, never installed unasked.
pub(super) async fn look_now_and_then(app: Shared) {
    tokio::time::sleep(FIRST).await;
    loop {
        if app.policy.allows(Service::UpdateFromHub) && app.uplink.enrolled().is_some() && app.updates.has_key() {
            match app.updates.ask_hub(&app).await {
                Ok(_) | Err(UpdateError::Busy) => {}
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no answer about updates"),
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

impl Updates {
    /// Asks the hub, and fetches and checks what it has when that is newer than what is installed and not offered already.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub async fn ask_hub(&self, app: &Shared) -> Result<Option<Offer>, UpdateError> {
        let link = app.uplink.aside().await.map_err(|error| UpdateError::Hub(error.to_string()))?.ok_or(UpdateError::Nothing)?;
        let asked = link.update_offer(PRODUCT, &self.installed().architecture).await;
        let Some(offered) = asked.map_err(|error| UpdateError::Hub(error.to_string()))? else { return Ok(None) };
        let newer = offered.version.parse::<Version>().is_ok_and(|version| version > self.installed().version);
        let present = self.shown().offer;
        if !newer || present.as_ref().is_some_and(|offer| offer.release.version.to_string() == offered.version) {
            return Ok(present);
        }
        self.fetch(&link, &offered).await.map(Some)
    }

    async fn fetch(&self, link: &Link, offered: &UpdateOffer) -> Result<Offer, UpdateError> {
        let (work, mut incoming) = self.receive().await?;
        if offered.bytes > MAX_BUNDLE {
            let refusal = Refusal::TooLarge(format!("{} bytes", offered.bytes));
            self.refuse(&refusal, Source::Hub).await;
            return Err(refusal.into());
        }
        while incoming.bytes() < offered.bytes {
            match link.update_piece(&offered.bundle, incoming.bytes()).await {
                Ok(piece) if !piece.is_empty() => incoming.add(&piece).await?,
                Ok(_) => break,
                Err(error) => {
                    incoming.abandon().await;
                    return Err(UpdateError::Hub(error.to_string()));
                }
            }
        }
        self.consider(&work, incoming, Source::Hub).await
    }
}

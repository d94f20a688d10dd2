//! Waiting for something to become true, with a bound.

use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Asks `probe` again and again until it gives a value; `Err` with `what` after `limit`.
///
/// # Errors
/// The description of what did not happen.
pub async fn until<T, F, Fut>(what: &str, limit: Duration, mut probe: F) -> Result<T, String>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = probe().await {
            return Ok(value);
        }
        if Instant::now() >= end {
            return Err(format!("did not happen within {limit:?}: {what}"));
        }
        sleep(Duration::from_millis(25)).await;
    }
}

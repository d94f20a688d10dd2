//! A time limit that moves with every request.

use std::pin::Pin;
use tokio::time::{Instant, Sleep, sleep_until};

/// A timer that is left where it is while the limit moves away from it, and set anew when it goes off too early: setting it takes a
/// lock of the runtime, and a master asks far more often than limits are reached.
#[derive(Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Returns when it is `until`. Cancel safe.
    pub(crate) async fn over(&mut self, until: Instant) {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().await;
        if sleep.deadline() < until {
            sleep.as_mut().reset(until);
            sleep.as_mut().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn it_goes_off_at_the_limit_wherever_that_moves() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        for until in [after(3_600_000), after(60), after(120)] {
            assert!(timeout(Duration::from_millis(1), alarm.over(until)).await.is_err());
        }
        alarm.over(after(120)).await;
        assert!(Instant::now() >= after(120), "it was set to 60 in between");
        alarm.over(after(10)).await;
        alarm.over(after(130)).await;
        assert!(Instant::now() >= after(130), "and can be used again");
    }
}

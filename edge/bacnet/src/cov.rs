//! Who is told of changes (clause 13.1): subscriptions, what they were last told, and what waits for an answer. Pure.

use crate::model::{Device, Model, Object, What};
use crate::origin::{Conversation, Origin};
use crate::present::{Said, present, shown, write_present};
use crate::properties::{PATIENCE_MS, RETRIES};
use crate::site::Facts;
use crate::wire::apdu;
use crate::wire::code::{ObjectId, ObjectType, Refused, confirmed, property, unconfirmed};
use crate::wire::service::Subscribe;
use crate::wire::tag::Writer;
use std::collections::BTreeMap;

/// Subscriptions of all, and of one address.
const MOST: usize = 512;
const MOST_OF_ONE: usize = 128;

/// Whose subscription it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    origin: Origin,
    device: u32,
    process: u32,
    object: ObjectId,
}

struct Waiting {
    invoke: u8,
    message: Vec<u8>,
    due_ms: u64,
    tries: u8,
}

struct Subscription {
    confirmed: bool,
    /// `None`: for good.
    until_ms: Option<u64>,
    told: Option<Said>,
    waiting: Option<Waiting>,
}

/// A message to a subscriber from a device.
pub(crate) struct Notice {
    pub(crate) origin: Origin,
    pub(crate) device: u32,
    pub(crate) message: Vec<u8>,
    pub(crate) confirmed: bool,
}

/// All subscriptions.
#[derive(Default)]
pub(crate) struct Subscriptions {
    all: BTreeMap<Key, Subscription>,
    /// Numbers our requests.
    invoke: u8,
}

impl Subscription {
    fn left_s(&self, now_ms: u64) -> u64 {
        // 0 would mean that it is for good.
        self.until_ms.map_or(0, |until| (until.saturating_sub(now_ms) / 1000).max(1))
    }
}

/// Whether subscribers are told of it.
fn is_change(before: &Said, now: &Said, increment: Option<f64>) -> bool {
    if before.reliability != now.reliability || before.value.is_nan() != now.value.is_nan() {
        return true;
    }
    match increment {
        Some(increment) => (now.value - before.value).abs() >= increment,
        // A state.
        None => before.value != now.value && !now.value.is_nan(),
    }
}

fn notification(key: &Key, object: &Object, said: &Said, left_s: u64) -> Vec<u8> {
    let mut to = Writer::default();
    to.context_unsigned(0, key.process.into()).context_object(1, ObjectId::device(key.device));
    to.context_object(2, key.object).context_unsigned(3, left_s).open(4);
    to.context_unsigned(0, property::PRESENT_VALUE.into()).open(2);
    write_present(&object.what, said, &mut to);
    to.close(2).context_unsigned(0, property::STATUS_FLAGS.into()).open(2).bits(&said.flags()).close(2).close(4);
    to.done()
}

impl Subscriptions {
    /// Makes, renews or cancels one; whoever subscribes is told at the next look.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn subscribe(&mut self, origin: Origin, device: u32, asked: Subscribe, now_ms: u64) -> Result<(), Refused> {
        let key = Key { origin, device, process: asked.process, object: asked.object };
        let Some((confirmed, lifetime)) = asked.terms else {
            self.all.remove(&key);
            return Ok(());
        };
        let of_one = self.all.keys().filter(|known| known.origin.peer == origin.peer).count();
        if !self.all.contains_key(&key) && (self.all.len() >= MOST || of_one >= MOST_OF_ONE) {
            return Err(Refused::NO_SPACE);
        }
        let until_ms = (lifetime > 0).then(|| now_ms + u64::from(lifetime) * 1000);
        self.all.insert(key, Subscription { confirmed, until_ms, told: None, waiting: None });
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// A notification has come; false when none waits.
    pub(crate) fn acknowledged(&mut self, by: Conversation) -> bool {
        let is_meant = |key: &Key, one: &Subscription| {
            (key.origin, key.device) == (by.origin, by.device) && one.waiting.as_ref().is_some_and(|it| it.invoke == by.invoke)
        };
        let found = self.all.iter_mut().find(|(key, one)| is_meant(key, one));
        found.is_some_and(|(_, one)| one.waiting.take().is_some())
    }

    /// Somebody wants no more of them: whoever asked for notifications and refuses one is not asked again.
    pub(crate) fn refused(&mut self, by: Conversation) -> bool {
        let before = self.all.len();
        self.all.retain(|key, one| {
            (key.origin, key.device) != (by.origin, by.device) || one.waiting.as_ref().is_none_or(|it| it.invoke != by.invoke)
        });
        self.all.len() < before
    }

    /// What is to be told now; subscriptions that are over, or that nobody hears, are forgotten.
    pub(crate) fn tick(&mut self, model: &Model, facts: &dyn Facts, now_ms: u64) -> Vec<Notice> {
        let mut notices = Vec::new();
        let invoke = &mut self.invoke;
        self.all.retain(|key, one| {
            let known: Option<(&Device, &Object)> =
                model.device(key.device).and_then(|device| Some((device, device.object(key.object)?)));
            let Some((device, object)) = known.filter(|_| one.until_ms.is_none_or(|until| until > now_ms)) else { return false };
            let mut tell = |message: Vec<u8>, confirmed| {
                notices.push(Notice { origin: key.origin, device: key.device, message, confirmed });
            };
            match &mut one.waiting {
                Some(waiting) if waiting.due_ms > now_ms => return true,
                Some(waiting) if waiting.tries >= RETRIES => return false,
                Some(waiting) => {
                    (waiting.due_ms, waiting.tries) = (now_ms + PATIENCE_MS, waiting.tries + 1);
                    tell(waiting.message.clone(), true);
                    return true;
                }
                None => {}
            }
            let (Some(now), Some((_, _, shown))) = (present(device, &object.what, facts), shown(&object.what)) else {
                return false;
            };
            let is_state = matches!(object.what, What::State(..));
            let increment = (!is_state).then_some(shown.increment);
            if one.told.as_ref().is_some_and(|told| !is_change(told, &now, increment)) {
                return true;
            }
            let content = notification(key, object, &now, one.left_s(now_ms));
            one.told = Some(now);
            if one.confirmed {
                *invoke = invoke.wrapping_add(1);
                let message = apdu::confirmed(*invoke, confirmed::COV_NOTIFICATION, &content);
                one.waiting = Some(Waiting { invoke: *invoke, message: message.clone(), due_ms: now_ms + PATIENCE_MS, tries: 0 });
                tell(message, true);
            } else {
                tell(apdu::unconfirmed(unconfirmed::COV_NOTIFICATION, &content), false);
            }
            true
        });
        notices
    }

    /// `Active_COV_Subscriptions` of a device.
    pub(crate) fn active(&self, model: &Model, device: u32, now_ms: u64) -> Vec<u8> {
        let mut to = Writer::default();
        for (key, one) in self.all.iter().filter(|(key, _)| key.device == device) {
            let ([a, b, c, d], [high, low]) = (key.origin.peer.ip().octets(), key.origin.peer.port().to_be_bytes());
            let (network, mac) = match &key.origin.place {
                Some(place) => (place.network, place.mac().to_vec()),
                None => (0, vec![a, b, c, d, high, low]),
            };
            to.open(0).open(0).open(1).unsigned(network.into()).bytes(&mac).close(1).close(0);
            to.context_unsigned(1, key.process.into()).close(0);
            to.open(1).context_object(0, key.object).context_unsigned(1, property::PRESENT_VALUE.into()).close(1);
            to.context_bool(2, one.confirmed).context_unsigned(3, one.left_s(now_ms));
            let what = model.device(device).and_then(|device| device.object(key.object)).map(|object| object.what);
            if let Some((_, _, shown)) =
                what.and_then(|what| shown(&what)).filter(|_| key.object.kind != ObjectType::BINARY_INPUT)
            {
                to.context_real(4, shown.increment as f32);
            }
        }
        to.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::{meter, model};
    use haubert_model::{Decimal, DeviceId, PointRef, Reading, Reason, Timestamp};
    use std::sync::atomic::{AtomicI64, Ordering};

    /// Watts; negative when the meter does not answer.
    struct Now(AtomicI64);

    impl Facts for Now {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }

        fn answers(&self, _: DeviceId) -> bool {
            true
        }

        fn reading(&self, point: PointRef) -> Option<Reading> {
            let watts = self.0.load(Ordering::Relaxed);
            (watts >= 0).then(|| Reading::measured(point, Decimal::new(watts, 0), Timestamp(0), Reason::Measured))
        }
    }

    fn origin(port: u16) -> Origin {
        Origin { peer: std::net::SocketAddrV4::new([10, 0, 0, 9].into(), port), place: None }
    }

    fn asked(process: u32, terms: Option<(bool, u32)>) -> Subscribe {
        Subscribe { process, object: ObjectId::new(ObjectType::ANALOG_INPUT, 1001), terms }
    }

    #[test]
    fn who_subscribes_is_told_at_once_and_of_each_change() {
        let (model, facts) = (model(vec![meter(101, "Meter")]), Now(AtomicI64::new(1000)));
        let mut all = Subscriptions::default();
        all.subscribe(origin(1), 101, asked(5, Some((false, 60))), 0).unwrap();
        let mut told = |watts: i64, now_ms| {
            facts.0.store(watts, Ordering::Relaxed);
            all.tick(&model, &facts, now_ms).len()
        };
        assert_eq!(told(1000, 0), 1);
        assert_eq!(told(1009, 1000), 0, "less than the increment");
        assert_eq!(told(1010, 2000), 1);
        assert_eq!(told(-1, 3000), 1, "it does not answer");
        assert_eq!(told(-1, 4000), 0);
        assert_eq!(told(1010, 5000), 1);
        assert_eq!(told(5000, 60_000), 0, "its time is over");
        assert_eq!(all.len(), 0);
    }

    #[test]
    fn a_notification_that_nobody_confirms_is_sent_again_and_then_no_more() {
        let (model, facts) = (model(vec![meter(101, "Meter")]), Now(AtomicI64::new(1000)));
        let mut all = Subscriptions::default();
        all.subscribe(origin(1), 101, asked(5, Some((true, 0))), 0).unwrap();
        let first = all.tick(&model, &facts, 0);
        let by = Conversation { origin: origin(1), device: 101, invoke: first[0].message[2] };
        assert!(!all.acknowledged(Conversation { origin: origin(2), ..by }), "another's");
        assert!(all.acknowledged(by) && !all.acknowledged(by));
        facts.0.store(2000, Ordering::Relaxed);
        let counts: Vec<usize> = (1u64..=6).map(|turn| all.tick(&model, &facts, turn * PATIENCE_MS).len()).collect();
        assert_eq!((counts, all.len()), (vec![1, 1, 1, 1, 0, 0], 0));
    }

    #[test]
    fn subscriptions_are_renewed_cancelled_and_bounded() {
        let mut all = Subscriptions::default();
        for process in 0..MOST_OF_ONE as u32 {
            all.subscribe(origin(1), 101, asked(process, Some((false, 60))), 0).unwrap();
        }
        assert_eq!(all.subscribe(origin(1), 101, asked(9999, Some((false, 60))), 0), Err(Refused::NO_SPACE));
        all.subscribe(origin(1), 101, asked(0, Some((true, 60))), 0).unwrap();
        all.subscribe(origin(1), 101, asked(0, None), 0).unwrap();
        assert_eq!(all.len(), MOST_OF_ONE - 1);
        all.subscribe(origin(2), 101, asked(0, Some((false, 0))), 0).unwrap();
        assert!(!all.active(&model(vec![meter(101, "Meter")]), 101, 0).is_empty());
    }
}

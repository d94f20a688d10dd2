//! The gateway on its BACnet/IP network and the router to the meters behind it: datagrams in, datagrams out. Pure: time, values and
//! history come in as arguments, so that what it does with any bytes can be tried without a network.
//!
//! It speaks when it is spoken to, and to whoever spoke (but for its own registration at a BBMD): nothing is broadcast, and nothing is
//! passed on to anybody else. A
//! question from an address can so make it send to that address only, and to one other: that which a BBMD names as the sender of
//! what it forwards, if the firewall lets that one in.

use crate::answer::{Answer, answer};
use crate::counters::{Asked as Counted, Counters};
use crate::cov::Subscriptions;
use crate::foreign::Foreign;
use crate::log::{self, Chosen};
use crate::membership::Membership;
use crate::model::{Device, Model};
use crate::origin::{Conversation, Origin};
use crate::properties::View;
use crate::search::Searches;
use crate::segments::Transfers;
use crate::site::{Excerpt, Facts, Record};
use crate::wire::apdu::{self, Apdu, Takes};
use crate::wire::bvlc::{self, Link, Outcome};
use crate::wire::code::{Abort, Failed, Refused, confirmed, unconfirmed};
use crate::wire::npdu::{self, Content, EVERYWHERE, Npdu, Place, message};
use crate::wire::service::{self, Asked};
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;

/// Milliseconds from one look at subscribed values to the next.
const LOOK_MS: u64 = 1_000;
/// Times that history is being read for somebody.
const FETCHES: usize = 4;

/// A datagram that goes out.
pub type Datagram = (SocketAddrV4, Vec<u8>);

/// History that is to be read before an answer can go out.
#[derive(Debug)]
pub struct Fetch {
    /// What is wanted.
    pub excerpt: Excerpt,
    whose: Conversation,
    takes: Takes,
    asked: Asked,
    chosen: Chosen,
}

/// What comes of a step.
#[derive(Debug, Default)]
pub struct Out {
    /// What is to be sent, in this order.
    pub send: Vec<Datagram>,
    /// What is to be read; comes back by [`Station::fetched`].
    pub fetch: Vec<Fetch>,
}

/// Who is meant by a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Gateway,
    Meters,
    Everybody,
    One(u32),
}

/// What is shown, and to whom.
#[derive(Clone)]
pub struct Shown {
    /// Devices and their objects.
    pub model: Arc<Model>,
    /// Whether foreign devices may register.
    pub takes_foreign: bool,
    /// Where the gateway itself is to be registered as one.
    pub bbmd: Option<SocketAddrV4>,
}

/// The gateway and the meters behind it.
pub struct Station {
    model: Arc<Model>,
    facts: Arc<dyn Facts>,
    takes_foreign: bool,
    membership: Membership,
    counters: Counters,
    transfers: Transfers,
    subscriptions: Subscriptions,
    foreign: Foreign,
    searches: Searches,
    fetches: usize,
    look_ms: u64,
}

impl Station {
    /// That shows this.
    pub fn new(Shown { model, takes_foreign, bbmd }: Shown, facts: Arc<dyn Facts>, counters: Counters) -> Self {
        let mut membership = Membership::default();
        membership.at(bbmd);
        Self {
            model,
            facts,
            takes_foreign,
            membership,
            counters,
            transfers: Transfers::default(),
            subscriptions: Subscriptions::default(),
            foreign: Foreign::default(),
            searches: Searches::default(),
            fetches: 0,
            look_ms: 0,
        }
    }

    /// Shows something else from now on. Subscriptions to what is still there stay.
    pub fn show(&mut self, Shown { model, takes_foreign, bbmd }: Shown) {
        if !takes_foreign {
            self.foreign.clear();
        }
        self.membership.at(bbmd);
        (self.model, self.takes_foreign) = (model, takes_foreign);
    }

    /// Takes a datagram that came from `peer`. `admits` says whether the firewall would let a message in from another address, which
    /// the datagram says it is from.
    pub fn receive(&mut self, peer: SocketAddrV4, datagram: &[u8], now_ms: u64, admits: &dyn Fn(SocketAddr) -> bool) -> Out {
        let mut out = Out::default();
        let reply = |outcome| vec![(peer, bvlc::result(outcome))];
        match bvlc::decode(datagram) {
            Some(Link::Unicast(npdu)) => self.take(peer, npdu, false, now_ms, &mut out),
            Some(Link::Broadcast(npdu)) => self.take(peer, npdu, true, now_ms, &mut out),
            Some(Link::Forwarded(origin, npdu)) => match admits(origin.into()) {
                true => self.take(origin, npdu, true, now_ms, &mut out),
                false => self.counters.refused(1),
            },
            Some(Link::Distribute(npdu)) if self.takes_foreign && self.foreign.contains(peer, now_ms) => {
                // Heard here, and passed on to nobody.
                self.take(peer, npdu, true, now_ms, &mut out);
            }
            Some(Link::Result(code)) => {
                if !self.membership.answered(peer, code) {
                    self.counters.malformed();
                }
            }
            Some(link) => {
                self.counters.asked(Counted::Foreign);
                out.send = match link {
                    Link::Register(ttl) if self.takes_foreign && self.foreign.register(peer, ttl, now_ms) => reply(Outcome::Done),
                    Link::Register(_) => reply(Outcome::RegisterRefused),
                    Link::Distribute(_) => reply(Outcome::DistributeRefused),
                    Link::ReadForeign if self.takes_foreign => {
                        vec![(peer, bvlc::foreign_devices(&self.foreign.entries(now_ms)))]
                    }
                    Link::ReadForeign => reply(Outcome::ReadForeignRefused),
                    // Nobody takes another's place away.
                    Link::DeleteForeign(who) if who == peer && self.foreign.delete(who) => reply(Outcome::Done),
                    Link::DeleteForeign(_) => reply(Outcome::DeleteForeignRefused),
                    Link::ReadDistribution => reply(Outcome::ReadDistributionRefused),
                    _ => reply(Outcome::WriteDistributionRefused),
                };
            }
            None => self.counters.malformed(),
        }
        self.tell_counts(now_ms);
        out
    }

    /// What history brought for [`Out::fetch`]; `None` when it could not be read.
    pub fn fetched(&mut self, fetch: Fetch, records: Option<&[Option<Record>]>, now_ms: u64) -> Out {
        self.fetches = self.fetches.saturating_sub(1);
        let mut out = Out::default();
        let told = match records {
            Some(records) => Ok(log::told(&fetch.asked, &fetch.chosen, records, &self.model.site.zone)),
            None => Err(Refused::OPERATIONAL_PROBLEM.into()),
        };
        self.finish(fetch.whose, (confirmed::READ_RANGE, fetch.takes), told, now_ms, &mut out);
        out
    }

    /// What was to be read for [`Out::fetch`] does not come: whoever asked is not answered, and asks again.
    pub fn lost(&mut self) -> Out {
        self.fetches = self.fetches.saturating_sub(1);
        Out::default()
    }

    /// What is due: notifications, answers of a search, what is sent again, a registration.
    pub fn tick(&mut self, now_ms: u64) -> Out {
        let mut out = Out::default();
        if self.searches.due().is_some_and(|due| due <= now_ms) {
            self.search(now_ms, &mut out);
        }
        for (whose, segments) in self.transfers.tick(now_ms) {
            segments.into_iter().for_each(|segment| self.send(whose.origin, whose.device, false, &segment, &mut out));
        }
        out.send.extend(self.membership.tick(now_ms));
        if self.look_ms <= now_ms {
            self.look_ms = now_ms + LOOK_MS;
            self.notify(now_ms, &mut out);
        }
        self.tell_counts(now_ms);
        out
    }

    /// When to call [`Self::tick`], milliseconds.
    pub fn due(&self) -> u64 {
        [self.searches.due(), self.transfers.due(), self.membership.due()].into_iter().flatten().fold(self.look_ms, u64::min)
    }

    fn tell_counts(&mut self, now_ms: u64) {
        self.counters.now(self.subscriptions.len(), self.foreign.entries(now_ms).len(), self.membership.standing());
    }

    fn take(&mut self, peer: SocketAddrV4, bytes: &[u8], is_broadcast: bool, now_ms: u64, out: &mut Out) {
        let network = self.model.site.network;
        let Some(Npdu { to, from, hops, content }) = npdu::decode(bytes) else { return self.counters.malformed() };
        // Nobody outside is on the network that is here.
        if from.is_some_and(|from| from.network == network) || (to.is_some() && hops == 0) {
            return self.counters.malformed();
        }
        let origin = Origin { peer, place: from };
        let apdu = match content {
            Content::Application(apdu) => apdu,
            Content::Router(kind, data) => {
                self.counters.asked(Counted::Router);
                return self.route(origin, kind, data, out);
            }
        };
        let scope = match to {
            None => Scope::Gateway,
            Some(place) if place.network == EVERYWHERE => Scope::Everybody,
            Some(place) if place.network == network && place.mac().is_empty() => Scope::Meters,
            Some(place) if place.network == network => match self.model.behind(place.mac()) {
                Some(device) => Scope::One(device.instance),
                None => return self.counters.malformed(),
            },
            Some(place) => {
                self.counters.malformed();
                if !is_broadcast {
                    // Not directly connected (clause 6.4.4).
                    let [high, low] = place.network.to_be_bytes();
                    self.send_content(origin, None, false, Content::Router(message::REJECT, &[1, high, low]), out);
                }
                return;
            }
        };
        match apdu::decode(apdu) {
            Some(Apdu::Unconfirmed { service, data }) => self.unconfirmed(origin, scope, (service, data), now_ms, out),
            Some(apdu) => {
                let device = match scope {
                    Scope::Gateway if !is_broadcast => self.model.site.instance,
                    Scope::One(instance) => instance,
                    _ => return self.counters.malformed(),
                };
                self.directed(origin, device, apdu, now_ms, out);
            }
            None => self.counters.malformed(),
        }
    }

    /// Messages of routers (clause 6.6.3).
    fn route(&self, origin: Origin, kind: u8, data: &[u8], out: &mut Out) {
        let network = self.model.site.network.to_be_bytes();
        match (kind, data) {
            (message::WHO_IS_ROUTER, wanted) if wanted.is_empty() || *wanted == network => {
                self.send_content(origin, None, false, Content::Router(message::I_AM_ROUTER, &network), out);
            }
            // A question; the table itself is changed by nobody.
            (message::INITIALIZE_TABLE, [0]) => {
                let table = [1, network[0], network[1], 1, 0];
                self.send_content(origin, None, false, Content::Router(message::INITIALIZE_TABLE_ACK, &table), out);
            }
            _ => {}
        }
    }

    fn unconfirmed(&mut self, origin: Origin, scope: Scope, (service, data): (u8, &[u8]), now_ms: u64, out: &mut Out) {
        let (what, wanted) = match service {
            unconfirmed::WHO_IS => (Counted::WhoIs, service::who_is(data).map(|range| (range, None))),
            unconfirmed::WHO_HAS => (Counted::WhoHas, service::who_has(data).map(|(range, target)| (range, Some(target)))),
            _ => return self.counters.asked(Counted::Other),
        };
        self.counters.asked(what);
        let Ok(wanted) = wanted else { return self.counters.malformed() };
        let last = self.model.devices.len().saturating_sub(1);
        let places = match scope {
            Scope::Gateway => 0..=0,
            Scope::Meters => 1..=last,
            Scope::Everybody => 0..=last,
            Scope::One(instance) => {
                let at = self.model.devices.iter().position(|device| device.instance == instance).unwrap_or(0);
                at..=at
            }
        };
        let is_idle = self.searches.due().is_none();
        if self.searches.begin(origin, wanted, places) && is_idle {
            self.search(now_ms, out);
        }
    }

    fn search(&mut self, now_ms: u64, out: &mut Out) {
        let model = Arc::clone(&self.model);
        for (origin, device, message) in self.searches.step(&model, now_ms) {
            self.send(origin, device, false, &message, out);
        }
    }

    fn notify(&mut self, now_ms: u64, out: &mut Out) {
        let model = Arc::clone(&self.model);
        for notice in self.subscriptions.tick(&model, &*self.facts, now_ms) {
            self.counters.notified();
            self.send(notice.origin, notice.device, notice.confirmed, &notice.message, out);
        }
    }

    /// What is meant for one device.
    fn directed(&mut self, origin: Origin, device: u32, apdu: Apdu<'_>, now_ms: u64, out: &mut Out) {
        let of = |invoke| Conversation { origin, device, invoke };
        match apdu {
            Apdu::Confirmed { takes, invoke, service, data } => {
                self.counters.asked(counted(service));
                match data {
                    Some(data) => self.confirmed(of(invoke), (service, data), takes, now_ms, out),
                    None => {
                        let failed = Err(Abort::SegmentationNotSupported.into());
                        self.finish(of(invoke), (service, takes), failed, now_ms, out);
                    }
                }
            }
            Apdu::SegmentAck { invoke, sequence, window } => {
                for segment in self.transfers.acknowledged(of(invoke), (sequence, window), now_ms) {
                    self.send(origin, device, true, &segment, out);
                }
            }
            Apdu::SimpleAck { invoke } => {
                self.subscriptions.acknowledged(of(invoke));
            }
            Apdu::Ended { invoke, by_client: true } => self.transfers.end(of(invoke)),
            Apdu::Ended { invoke, by_client: false } => {
                self.subscriptions.refused(of(invoke));
            }
            Apdu::Unconfirmed { .. } => {}
        }
    }

    fn confirmed(&mut self, whose: Conversation, (service, data): (u8, &[u8]), takes: Takes, now_ms: u64, out: &mut Out) {
        let model = Arc::clone(&self.model);
        let Some(device) = model.device(whose.device) else { return };
        let subscriptions = &self.subscriptions;
        let active = |instance: u32| subscriptions.active(&model, instance, now_ms);
        let view = View { model: &model, facts: &*self.facts, subscriptions: &active };
        match answer(&view, device, service, data, takes) {
            Ok(Answer::Content(content)) => self.finish(whose, (service, takes), Ok(content), now_ms, out),
            Ok(Answer::Error(content)) => {
                self.counters.failed();
                self.send(whose.origin, whose.device, false, &apdu::error(whose.invoke, service, &content), out);
            }
            Ok(Answer::Subscribe(asked)) => match self.subscriptions.subscribe(whose.origin, whose.device, asked, now_ms) {
                Ok(()) => {
                    self.send(whose.origin, whose.device, false, &apdu::simple_ack(whose.invoke, service), out);
                    self.notify(now_ms, out);
                }
                Err(refused) => self.finish(whose, (service, takes), Err(refused.into()), now_ms, out),
            },
            Ok(Answer::Fetch(..)) if self.fetches >= FETCHES => {
                self.finish(whose, (service, takes), Err(Abort::OutOfResources.into()), now_ms, out);
            }
            Ok(Answer::Fetch(asked, chosen)) => {
                self.fetches += 1;
                out.fetch.push(Fetch { excerpt: chosen.excerpt, whose, takes, asked, chosen });
            }
            Err(failed) => self.finish(whose, (service, takes), Err(failed), now_ms, out),
        }
    }

    /// Sends an answer, whole or in segments, or why there is none.
    fn finish(
        &mut self,
        whose: Conversation,
        (service, takes): (u8, Takes),
        content: Result<Vec<u8>, Failed>,
        now_ms: u64,
        out: &mut Out,
    ) {
        let Conversation { origin, device, invoke } = whose;
        let whole = content.as_ref().ok().map(|content| apdu::complex_ack(invoke, service, content));
        let outcome = match (whole, content) {
            (Some(whole), _) if whole.len() <= takes.apdu => Ok((vec![whole], false)),
            (_, Ok(content)) => match self.transfers.begin(whose, (service, content), takes, now_ms) {
                Ok(segments) => Ok((segments, true)),
                Err(abort) => Err(abort.into()),
            },
            (_, Err(failed)) => Err(failed),
        };
        let (messages, expects) = outcome.unwrap_or_else(|failed| {
            self.counters.failed();
            (vec![apdu::failed(invoke, service, failed)], false)
        });
        messages.iter().for_each(|message| self.send(origin, device, expects, message, out));
    }

    fn send(&self, origin: Origin, device: u32, expects: bool, apdu: &[u8], out: &mut Out) {
        let from = self.model.device(device).and_then(|device| self.place(device));
        self.send_content(origin, from, expects, Content::Application(apdu), out);
    }

    fn send_content(&self, origin: Origin, from: Option<Place>, expects: bool, content: Content<'_>, out: &mut Out) {
        let npdu = npdu::encode(origin.place, from, expects, content);
        out.send.push((origin.peer, bvlc::unicast(&npdu)));
    }

    /// Where a meter is; `None` for the gateway, which is on this network.
    fn place(&self, device: &Device) -> Option<Place> {
        device.meter.as_ref()?;
        Place::new(self.model.site.network, &device.mac())
    }
}

const fn counted(service: u8) -> Counted {
    match service {
        confirmed::READ_PROPERTY => Counted::ReadProperty,
        confirmed::READ_PROPERTY_MULTIPLE => Counted::ReadPropertyMultiple,
        confirmed::READ_RANGE => Counted::ReadRange,
        confirmed::SUBSCRIBE_COV => Counted::SubscribeCov,
        confirmed::WRITE_PROPERTY | confirmed::WRITE_PROPERTY_MULTIPLE => Counted::Write,
        _ => Counted::Other,
    }
}

#[cfg(test)]
mod tests;

//! The decisions. Pure: addresses, amounts and times come in; verdicts and news go out.

use crate::bucket::Bucket;
use crate::connections::{Activity, Connections};
use crate::settings::Settings;
use crate::source::{Key, Source, Transport};
use crate::table::{Block, Cause, MAX_SOURCES, Table};
use crate::{News, Refusal};
use std::collections::HashMap;
use std::net::IpAddr;

/// News kept until somebody takes them; beyond it only the counters tell.
const MAX_NEWS: usize = 1_024;
/// Blocks by hand at a time.
const MAX_BY_HAND: usize = 1_024;

/// What became of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// Go on.
    Pass,
    /// Go on after so many milliseconds.
    After(u64),
}

/// A source as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// Who.
    pub source: Source,
    /// How it comes.
    pub transport: Transport,
    /// Whether it has a share of its own.
    pub reserved: bool,
    /// Open connections.
    pub connections: u32,
    /// Requests in the last second.
    pub requests_per_second: u32,
    /// Requests since it is known.
    pub requests: u64,
    /// Bytes that it sent.
    pub bytes_in: u64,
    /// Bytes that it was sent.
    pub bytes_out: u64,
    /// Connections, requests and datagrams that were refused.
    pub refused: u64,
    /// When it was last heard of, monotonic milliseconds.
    pub last: u64,
    /// Whether it is blocked now.
    pub blocked: bool,
}

/// How many sources ask for something within a second.
#[derive(Debug, Default)]
struct Crowd {
    second: u64,
    before: u64,
    now: u64,
}

impl Crowd {
    /// Somebody has asked, for the first time in this second or again.
    fn heard(&mut self, first: bool, now: u64) {
        let second = now / 1000;
        if second != self.second {
            self.before = if second == self.second + 1 { self.now } else { 0 };
            (self.second, self.now) = (second, 0);
        }
        self.now += u64::from(first);
    }

    /// What each may ask for so that all together take half of what there is.
    fn part_of(&self, per_second: u64) -> u64 {
        (per_second / 2 / self.now.max(self.before).max(1)).max(1)
    }
}

/// The firewall's memory and judgement. `H` is what the rim needs to close a connection.
#[derive(Debug)]
pub(crate) struct Core<H> {
    settings: Settings,
    table: Table,
    total: Bucket,
    crowd: Crowd,
    by_hand: HashMap<Source, Block>,
    connections: Connections<H>,
    news: Vec<News>,
}

impl<H: Activity> Core<H> {
    /// Nobody is known yet.
    pub(crate) fn new(settings: Settings, now: u64) -> Self {
        let total = Bucket::full(settings.total(), now);
        Self {
            settings,
            table: Table::new(MAX_SOURCES),
            total,
            crowd: Crowd::default(),
            by_hand: HashMap::new(),
            connections: Connections::default(),
            news: Vec::new(),
        }
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Puts other settings in force, for whatever comes from now on. Blocks keep their time.
    pub(crate) fn configure(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Sources that are known.
    pub(crate) fn known(&self) -> usize {
        self.table.len()
    }

    /// Connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.connections.len()
    }

    /// What happened since this was asked last, in order.
    pub(crate) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    fn tell(&mut self, news: News) {
        if self.news.len() < MAX_NEWS {
            self.news.push(news);
        }
    }

    /// Judges a connection that wants in, by its source alone: how many there may be in all is bounded by their number, and what
    /// they cost by the turns of their handshakes.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub(crate) fn connection(&mut self, address: IpAddr, now: u64) -> Result<(), Refusal> {
        if !self.settings.enabled {
            return Ok(());
        }
        self.of_source(address, Transport::Tcp, now).map(|_| ())
    }

    /// Judges one request: on a connection, or a datagram.
    ///
    /// # Errors
    /// Why it is not served. The first one beyond the limit blocks the source, and is told.
    pub(crate) fn request(&mut self, address: IpAddr, transport: Transport, now: u64) -> Result<(), Refusal> {
        if !self.settings.enabled {
            return Ok(());
        }
        let (key, asked) = self.of_source(address, transport, now)?;
        let total = self.settings.total();
        let floor = match self.settings.is_reserved(address) {
            true => 0,
            // Half is kept for those who ask for no more than their part.
            false if asked > self.crowd.part_of(total.per_second) => self.settings.share_of(total.burst).max(total.burst / 2),
            false => self.settings.share_of(total.burst),
        };
        if !self.total.take(total, 1, floor, now) {
            if let Some(entry) = self.table.known(key) {
                entry.counters.refused += 1;
            }
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    /// Judges by what the source itself has asked for; gives its key, and how often it has asked in this second.
    fn of_source(&mut self, address: IpAddr, transport: Transport, now: u64) -> Result<(Key, u64), Refusal> {
        let key = Key { source: Source::of(address), transport };
        let by_hand = !self.by_hand.is_empty() && self.by_hand.get(&key.source).is_some_and(|block| now < block.until);
        let entry = self.table.entry(key, &self.settings, now).ok_or(Refusal::Busy)?;
        entry.counters.request(now);
        if by_hand || entry.is_blocked(now) {
            entry.counters.refused += 1;
            return Err(Refusal::Blocked);
        }
        if !entry.requests.take(self.settings.requests(), 1, 0, now) {
            entry.counters.refused += 1;
            let reserved = self.settings.is_reserved(address);
            return Err(if reserved { Refusal::Busy } else { self.block(key, Cause::Requests, now) });
        }
        let asked = u64::from(entry.counters.of_this_second());
        self.crowd.heard(asked == 1, now);
        Ok((key, asked))
    }

    /// Judges bytes that have come. Who is `vouched` for, because somebody is signed in, or reserved, is slowed down to the
    /// limit; anybody else is blocked.
    ///
    /// # Errors
    /// [`Refusal::Blocked`].
    pub(crate) fn received(
        &mut self,
        address: IpAddr,
        transport: Transport,
        bytes: usize,
        vouched: bool,
        now: u64,
    ) -> Result<Allowance, Refusal> {
        if !self.settings.enabled {
            return Ok(Allowance::Pass);
        }
        let key = Key { source: Source::of(address), transport };
        let vouched = vouched || self.settings.is_reserved(address);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let entry = self.table.entry(key, &self.settings, now).ok_or(Refusal::Busy)?;
        entry.counters.bytes_in = entry.counters.bytes_in.saturating_add(bytes);
        entry.counters.last = now;
        match entry.bits_in.spend(self.settings.bits_in(), bytes.saturating_mul(8), now) {
            0 => Ok(Allowance::Pass),
            wait if vouched => Ok(Allowance::After(wait)),
            _ if entry.is_blocked(now) => Err(Refusal::Blocked),
            _ => Err(self.block(key, Cause::Bits, now)),
        }
    }

    /// Counts bytes that were sent; gives how long to wait before more are.
    pub(crate) fn sent(&mut self, address: IpAddr, transport: Transport, bytes: usize, now: u64) -> Allowance {
        if !self.settings.enabled {
            return Allowance::Pass;
        }
        let key = Key { source: Source::of(address), transport };
        let Some(entry) = self.table.entry(key, &self.settings, now) else { return Allowance::Pass };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        entry.counters.bytes_out = entry.counters.bytes_out.saturating_add(bytes);
        match entry.bits_out.spend(self.settings.bits_out(), bytes.saturating_mul(8), now) {
            0 => Allowance::Pass,
            wait => Allowance::After(wait),
        }
    }

    fn block(&mut self, key: Key, cause: Cause, now: u64) -> Refusal {
        let until = now.saturating_add(u64::from(self.settings.block_seconds) * 1000);
        let block = Block { source: key.source, transport: Some(key.transport), cause, since: now, until };
        if let Some(entry) = self.table.known(key) {
            entry.block = Some(block);
        }
        self.tell(News::Blocked(block));
        Refusal::Blocked
    }

    /// Whether `address` may use a listener at all, by its lists.
    ///
    /// # Errors
    /// [`Refusal::NotListed`].
    pub(crate) fn listed(&mut self, address: IpAddr, transport: Transport, listener: &str, now: u64) -> Result<(), Refusal> {
        if !self.settings.enabled || self.settings.listeners.get(listener).is_none_or(|rule| rule.admits(address)) {
            return Ok(());
        }
        if let Some(entry) = self.table.entry(Key { source: Source::of(address), transport }, &self.settings, now) {
            entry.counters.refused += 1;
            entry.counters.last = now;
        }
        Err(Refusal::NotListed)
    }

    /// Takes in a connection that was judged before; gives its number, and another that must be closed for it.
    ///
    /// # Errors
    /// [`Refusal::TooManyConnections`] when nothing can give way.
    pub(crate) fn connect(&mut self, address: IpAddr, handle: H, now: u64) -> Result<(u64, Option<H>), Refusal> {
        let key = Key { source: Source::of(address), transport: Transport::Tcp };
        let reserved = self.settings.is_reserved(address);
        let mut closed = None;
        if self.settings.enabled {
            match self.connections.make_room(key, reserved, &self.settings) {
                Ok(None) => {}
                Ok(Some((_, of, handle))) => {
                    self.note_connections(of);
                    closed = Some(handle);
                }
                Err(()) => {
                    if let Some(entry) = self.table.known(key) {
                        entry.counters.refused += 1;
                    }
                    return Err(Refusal::TooManyConnections);
                }
            }
        }
        if self.table.entry(key, &self.settings, now).is_none() {
            return Err(Refusal::Busy);
        }
        let id = self.connections.insert(key, reserved, handle);
        self.note_connections(key);
        Ok((id, closed))
    }

    fn note_connections(&mut self, key: Key) {
        let count = self.connections.count_of(key);
        if let Some(entry) = self.table.known(key) {
            entry.connections = count;
        }
    }

    /// A connection has ended.
    pub(crate) fn disconnect(&mut self, id: u64) {
        if let Some((key, _)) = self.connections.remove(id) {
            self.note_connections(key);
        }
    }

    /// The connections of `source`, to be closed when it is blocked.
    pub(crate) fn connections_of(&self, source: Source) -> impl Iterator<Item = &H> {
        self.connections.of(Key { source, transport: Transport::Tcp })
    }

    /// Blocks a source by hand; a block that it has is replaced. `false` when too many are blocked by hand.
    pub(crate) fn block_by_hand(&mut self, source: Source, seconds: u32, now: u64) -> bool {
        self.sweep(now);
        if self.by_hand.len() >= MAX_BY_HAND && !self.by_hand.contains_key(&source) {
            return false;
        }
        let until = now.saturating_add(u64::from(seconds) * 1000);
        let block = Block { source, transport: None, cause: Cause::Hand, since: now, until };
        self.by_hand.insert(source, block);
        self.tell(News::Blocked(block));
        true
    }

    /// Lifts every block of a source, and fills its buckets. `false` when it has none.
    pub(crate) fn lift(&mut self, source: Source, now: u64) -> bool {
        let mut lifted: Vec<Block> = self.by_hand.remove(&source).filter(|block| now < block.until).into_iter().collect();
        for transport in [Transport::Tcp, Transport::Udp] {
            let (requests, bits_in) = (self.settings.requests(), self.settings.bits_in());
            if let Some(entry) = self.table.known(Key { source, transport })
                && let Some(block) = entry.block.take().filter(|block| now < block.until)
            {
                entry.requests = Bucket::full(requests, now);
                entry.bits_in = Bucket::full(bits_in, now);
                lifted.push(block);
            }
        }
        for block in &lifted {
            self.tell(News::Lifted(*block));
        }
        !lifted.is_empty()
    }

    /// Tells whose time is over, and forgets those blocks. They end by themselves at their time, whenever this is called.
    pub(crate) fn sweep(&mut self, now: u64) {
        let mut ended: Vec<Block> = self.by_hand.values().filter(|block| now >= block.until).copied().collect();
        self.by_hand.retain(|_, block| now < block.until);
        for entry in self.table.iter_mut() {
            ended.extend(entry.block.take_if(|block| now >= block.until));
        }
        for block in ended {
            self.tell(News::Ended(block));
        }
    }

    /// Who is blocked now, the newest first.
    pub(crate) fn blocks(&self, now: u64) -> Vec<Block> {
        let automatic = self.table.iter().filter_map(|entry| entry.block);
        let mut blocks: Vec<Block> = self.by_hand.values().copied().chain(automatic).filter(|block| now < block.until).collect();
        blocks.sort_unstable_by_key(|block| (std::cmp::Reverse(block.since), block.source));
        blocks
    }

    /// The sources heard of last, the latest first, at most `most`.
    pub(crate) fn sources(&self, most: usize, now: u64) -> Vec<SourceView> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_unstable_by_key(|entry| (std::cmp::Reverse(entry.counters.last), entry.key));
        let view = |entry: &&crate::table::Entry| SourceView {
            source: entry.key.source,
            transport: entry.key.transport,
            reserved: self.settings.is_reserved(entry.key.source.address()),
            connections: entry.connections,
            requests_per_second: entry.counters.recent(now),
            requests: entry.counters.requests,
            bytes_in: entry.counters.bytes_in,
            bytes_out: entry.counters.bytes_out,
            refused: entry.counters.refused,
            last: entry.counters.last,
            blocked: entry.is_blocked(now) || self.by_hand.get(&entry.key.source).is_some_and(|block| now < block.until),
        };
        entries.iter().take(most).map(view).collect()
    }
}

#[cfg(test)]
mod tests;

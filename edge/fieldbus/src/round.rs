//! One round of one device: what was read, what failed, and the readings that follow. Pure.

use crate::plan::{Plan, PlanLimits, RefusedRanges, Span, plan};
use crate::settings::DeviceSettings;
use haubert_content::{Addressing, Profile, ResolvedPoint};
use haubert_modbus::{Response, Table};
use haubert_model::{DeviceId, PointRef, Reading, Reason, Timestamp};

/// The values of a device and how it wants to be read, worked out once.
#[derive(Debug, Clone)]
pub struct Map {
    /// The points, at absolute addresses.
    pub points: Vec<ResolvedPoint>,
    /// What must be read whole for them.
    pub values: Vec<Span>,
    /// What bounds a request.
    pub limits: PlanLimits,
}

impl Map {
    /// From a profile and what is set for this device. `gap` is what the line makes worthwhile.
    pub fn new(profile: &Profile, settings: &DeviceSettings, gap: u16) -> Self {
        // Without the place of its model a SunSpec device has no points: registers elsewhere would make wrong values.
        let base = match profile.addressing {
            Addressing::Absolute => Some(0),
            Addressing::SunSpec { .. } => settings.base,
        };
        let points = profile.points_for(settings.table_version, settings.channels);
        let points: Vec<ResolvedPoint> = points.into_iter().filter_map(|point| point.rebased(base?)).collect();
        let base = base.unwrap_or_default();
        let values = points.iter().flat_map(spans).collect();
        let options = settings.options;
        let limits = PlanLimits {
            max_registers: options.max_registers.unwrap_or(u16::MAX).min(profile.limits.max_registers),
            gap: options.gap.unwrap_or(gap),
            holes: profile
                .limits
                .holes
                .iter()
                .map(|(first, last)| (first.saturating_add(base), last.saturating_add(base)))
                .collect(),
            one_request_per_value: options.one_request_per_value,
            ..PlanLimits::default()
        };
        Self { points, values, limits }
    }

    /// The requests of a round.
    pub fn plan(&self, refused: &RefusedRanges) -> Plan {
        plan(&self.values, &self.limits, refused)
    }

    /// Whether a request brings more than one value, so that it can be split.
    pub fn is_merged(&self, request: &Span) -> bool {
        self.values.iter().all(|value| value != request)
    }
}

/// What one point needs: parts that touch are one span, so that they are never read at two moments.
fn spans(point: &ResolvedPoint) -> Vec<Span> {
    let mut parts: Vec<(u16, u16)> = point.spans().collect();
    parts.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(parts.len());
    for (start, count) in parts {
        match joined.last_mut() {
            Some(last) if last.end() == u32::from(start) => last.count = last.count.saturating_add(count),
            _ => joined.push(Span { table: point.table, start, count }),
        }
    }
    joined
}

struct Block {
    span: Span,
    words: Vec<u16>,
    at: Timestamp,
}

/// A round in progress.
#[derive(Default)]
pub struct Round {
    /// Sorted by table and address.
    blocks: Vec<Block>,
    failures: Vec<(Span, Reason)>,
    /// Why what was not even asked for is missing.
    aborted: Option<Reason>,
}

impl Round {
    /// Takes in an answer; bits become words of 0 and 1.
    pub fn answered(&mut self, span: Span, response: Response, at: Timestamp) {
        let words = match response {
            Response::Registers(words) => words,
            Response::Bits(bits) => bits.into_iter().map(u16::from).collect(),
            Response::Written | Response::Diagnostics { .. } | Response::DeviceId { .. } => return,
        };
        let place = self.blocks.partition_point(|block| block.span < span);
        self.blocks.insert(place, Block { span, words, at });
    }

    /// Notes that a request failed for good in this round.
    pub fn failed(&mut self, span: Span, reason: Reason) {
        self.failures.push((span, reason));
    }

    /// Nothing more is asked in this round.
    pub fn abort(&mut self, reason: Reason) {
        self.aborted.get_or_insert(reason);
    }

    /// Whether it was given up.
    pub const fn is_aborted(&self) -> bool {
        self.aborted.is_some()
    }

    /// Whether anything was read.
    pub fn has_answers(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Whether a request failed otherwise than by known refusal.
    pub fn has_failures(&self) -> bool {
        !self.failures.is_empty() || self.aborted.is_some()
    }

    /// The requests of `plan` that are still to be sent.
    pub fn pending<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = Span> + 'a {
        let settled = |span: &Span| {
            self.blocks.iter().any(|block| block.span.contains(span))
                || self.failures.iter().any(|(failed, _)| failed.contains(span))
        };
        plan.requests.iter().copied().filter(move |span| !settled(span))
    }

    fn block(&self, table: Table, address: u16) -> Option<&Block> {
        let after = self.blocks.partition_point(|block| (block.span.table, block.span.start) <= (table, address));
        // A longer block may begin before the nearest one after a plan was changed within the round.
        self.blocks
            .get(..after)?
            .iter()
            .rev()
            .take_while(|block| block.span.table == table)
            .find(|block| u32::from(address) < block.span.end())
    }

    /// Why a span was not read.
    fn reason(&self, span: &Span, refused: &RefusedRanges) -> Reason {
        if refused.forbids(span) {
            return Reason::Refused;
        }
        let failed = self.failures.iter().find(|(failed, _)| failed.overlaps(span)).map(|(_, reason)| *reason);
        failed.or(self.aborted).unwrap_or(Reason::NotAvailable)
    }

    /// A reading for each point; `now` dates those that have no answer.
    pub fn readings(&self, map: &Map, refused: &RefusedRanges, device: DeviceId, now: Timestamp) -> Vec<Reading> {
        map.points.iter().map(|point| self.reading(point, refused, device, now)).collect()
    }

    fn reading(&self, point: &ResolvedPoint, refused: &RefusedRanges, device: DeviceId, now: Timestamp) -> Reading {
        let place = PointRef { device, channel: point.channel, quantity: point.quantity };
        let lookup = |address: u16| {
            let block = self.block(point.table, address)?;
            block.words.get(usize::from(address.checked_sub(block.span.start)?)).copied()
        };
        let at = self.block(point.table, point.address).map_or(now, |block| block.at);
        match point.decode(&lookup) {
            Ok((value, reason)) => Reading::measured(place, value, at, reason),
            Err(Reason::NoAnswer) => {
                let missing = spans(point).into_iter().find(|span| {
                    (span.start..=span.start.saturating_add(span.count - 1)).any(|address| lookup(address).is_none())
                });
                Reading::missing(place, now, missing.map_or(Reason::NoAnswer, |span| self.reason(&span, refused)))
            }
            Err(reason) => Reading::missing(place, at, reason),
        }
    }

    /// The words that a point was decoded from, as far as they were read.
    pub fn words(&self, point: &ResolvedPoint) -> Vec<u16> {
        let addresses = point.spans().flat_map(|(start, count)| start..=start.saturating_add(count.saturating_sub(1)));
        addresses
            .filter_map(|address| {
                let block = self.block(point.table, address)?;
                block.words.get(usize::from(address.checked_sub(block.span.start)?)).copied()
            })
            .collect()
    }
}

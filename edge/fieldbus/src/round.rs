//! One round of one device: what was read, what failed, and the values that follow. Pure.

use crate::map::{Map, spans};
use crate::plan::{Plan, RefusedRanges, Span};
use crate::readout::Taken;
use haubert_content::ResolvedPoint;
use haubert_modbus::Response;
use haubert_model::{Reason, Timestamp};
use std::collections::VecDeque;

/// A round in progress. Its memory is kept from one round to the next.
#[derive(Debug, Default)]
pub struct Round {
    /// What is still to be asked, in this order.
    pending: VecDeque<Span>,
    /// The needed registers, as the map places them; coils are 0 or 1.
    words: Vec<u16>,
    /// For each of them the number of the answer that brought it, from 1; 0 while it was not read.
    brought_by: Vec<u16>,
    /// Every answer: its range and when it came.
    answers: Vec<(Span, Timestamp)>,
    failures: Vec<(Span, Reason)>,
    /// Why what was not even asked for is missing.
    aborted: Option<Reason>,
}

impl Round {
    /// A new round.
    pub fn begin(&mut self, map: &Map, plan: &Plan) {
        self.pending.clear();
        self.pending.extend(&plan.requests);
        self.words.resize(map.places.words(), 0);
        self.brought_by.clear();
        self.brought_by.resize(map.places.words(), 0);
        self.answers.clear();
        self.failures.clear();
        self.aborted = None;
    }

    /// Goes on by another plan; what is settled stays so.
    pub fn replan(&mut self, plan: &Plan) {
        let settled = |span: &Span| {
            self.answers.iter().any(|(answered, _)| answered.contains(span))
                || self.failures.iter().any(|(failed, _)| failed.contains(span))
        };
        self.pending = plan.requests.iter().copied().filter(|span| !settled(span)).collect();
    }

    /// Takes in an answer; returns how many of its registers or bits are of use.
    pub fn answered(&mut self, map: &Map, span: Span, response: &Response, at: Timestamp) -> usize {
        self.settle(span);
        self.answers.push((span, at));
        let number = u16::try_from(self.answers.len()).unwrap_or(u16::MAX);
        let mut useful = 0;
        for (from, place) in map.places.parts(span) {
            let to = place..place + from.len();
            let (Some(words), Some(brought_by)) = (self.words.get_mut(to.clone()), self.brought_by.get_mut(to)) else { continue };
            match response {
                Response::Registers(read) => match read.get(from) {
                    Some(read) => words.copy_from_slice(read),
                    None => continue,
                },
                Response::Bits(read) => {
                    for (word, bit) in words.iter_mut().zip(read.iter().skip(from.start)) {
                        *word = u16::from(*bit);
                    }
                }
                Response::Written | Response::Diagnostics { .. } | Response::DeviceId { .. } => continue,
            }
            useful += brought_by.len();
            brought_by.fill(number);
        }
        useful
    }

    /// Notes that a request failed for good in this round.
    pub fn failed(&mut self, span: Span, reason: Reason) {
        self.settle(span);
        self.failures.push((span, reason));
    }

    fn settle(&mut self, span: Span) {
        if self.pending.front() == Some(&span) {
            self.pending.pop_front();
        } else {
            self.pending.retain(|pending| !span.contains(pending));
        }
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
        !self.answers.is_empty()
    }

    /// Whether a request failed otherwise than by known refusal.
    pub fn has_failures(&self) -> bool {
        !self.failures.is_empty() || self.aborted.is_some()
    }

    /// The requests that are still to be sent.
    pub fn pending(&self) -> impl Iterator<Item = Span> + '_ {
        self.pending.iter().copied()
    }

    fn word(&self, place: usize) -> Option<u16> {
        if self.brought_by.get(place).is_none_or(|answer| *answer == 0) {
            return None;
        }
        self.words.get(place).copied()
    }

    fn read_at(&self, place: usize) -> Option<Timestamp> {
        let answer = self.brought_by.get(place)?.checked_sub(1)?;
        self.answers.get(usize::from(answer)).map(|(_, at)| *at)
    }

    /// Why a span was not read.
    fn reason(&self, span: &Span, refused: &RefusedRanges) -> Reason {
        if refused.forbids(span) {
            return Reason::Refused;
        }
        let failed = self.failures.iter().find(|(failed, _)| failed.overlaps(span)).map(|(_, reason)| *reason);
        failed.or(self.aborted).unwrap_or(Reason::NotAvailable)
    }

    /// What was read of each point, in the order of the map; `now` dates those that have no answer.
    pub fn taken(&self, map: &Map, refused: &RefusedRanges, now: Timestamp) -> Vec<Taken> {
        map.points.iter().zip(0..).map(|(point, number)| self.take(map, number, point, refused, now)).collect()
    }

    fn take(&self, map: &Map, number: usize, point: &ResolvedPoint, refused: &RefusedRanges, now: Timestamp) -> Taken {
        let sources = map.places.sources(number);
        let decoded = match sources {
            // Almost all points are one number in one place.
            [only] => point.decode(&|address| only.find(address).and_then(|at| self.word(at))),
            _ => point.decode(&|address| sources.iter().find_map(|source| source.find(address)).and_then(|at| self.word(at))),
        };
        let at = sources.first().and_then(|source| self.read_at(source.place())).unwrap_or(now);
        match decoded {
            Ok((value, reason)) => Taken::measured(value, at, reason),
            Err(Reason::NoAnswer) => {
                let is_read =
                    |address| sources.iter().find_map(|source| source.find(address)).and_then(|at| self.word(at)).is_some();
                let missing = spans(point)
                    .into_iter()
                    .find(|span| (span.start..=span.start.saturating_add(span.count - 1)).any(|address| !is_read(address)));
                Taken::missing(now, missing.map_or(Reason::NoAnswer, |span| self.reason(&span, refused)))
            }
            Err(reason) => Taken::missing(at, reason),
        }
    }

    /// The words that the point with this number was decoded from, as far as they were read.
    pub fn words(&self, map: &Map, number: usize) -> Vec<u16> {
        map.places.sources(number).iter().flat_map(|source| source.places()).filter_map(|at| self.word(at)).collect()
    }
}

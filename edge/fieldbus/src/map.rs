//! The values of a device, where their registers are put when read, and how it wants to be read. Worked out once.

use crate::group::Group;
use crate::plan::{PlanLimits, Span};
use crate::readout::Points;
use crate::settings::DeviceSettings;
use haubert_content::{Addressing, Profile, ResolvedPoint};
use haubert_modbus::Table;
use haubert_model::Layout;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What is read of a device in one kind of turn. Devices that are read alike share one.
#[derive(Debug)]
pub struct Map {
    /// The points, at absolute addresses.
    pub points: Vec<ResolvedPoint>,
    /// The same by load and quantity, for whoever takes the values.
    pub order: Points,
    /// What must be read whole for them.
    pub values: Vec<Span>,
    pub(crate) places: Places,
    profile: Arc<Profile>,
}

/// What tells maps apart, the profile by its place in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    profile: usize,
    base: Option<u16>,
    table_version: Option<u16>,
    channels: u8,
    layout: Layout,
    groups: Vec<Group>,
}

/// The maps in use: a thousand like meters need one. Those that nobody holds any more go when the next one is made.
static MAPS: Mutex<Vec<(Key, Weak<Map>)>> = Mutex::new(Vec::new());

impl Map {
    /// From a profile and what is set for a device: the points whose quantity is of one of `groups`.
    pub fn new(profile: &Arc<Profile>, settings: &DeviceSettings, groups: &[Group]) -> Arc<Self> {
        let key = Key {
            profile: Arc::as_ptr(profile).addr(),
            base: settings.base,
            table_version: settings.table_version,
            channels: settings.channels,
            layout: settings.layout.clone(),
            groups: groups.to_vec(),
        };
        let mut maps = MAPS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = maps.iter().find(|(known, _)| *known == key).and_then(|(_, map)| map.upgrade());
        // A map keeps its profile, so that the place of one that is alive cannot be another's.
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.profile, profile)) {
            return known;
        }
        maps.retain(|(_, map)| map.strong_count() > 0);
        let fresh = Arc::new(Self::make(profile, settings, groups));
        maps.push((key, Arc::downgrade(&fresh)));
        fresh
    }

    fn make(profile: &Arc<Profile>, settings: &DeviceSettings, groups: &[Group]) -> Self {
        let base = base(profile, settings);
        let points = profile.points_as(settings.table_version, settings.channels, &settings.layout);
        let wanted = points.into_iter().filter(|point| groups.contains(&Group::of(point.quantity)));
        let points: Vec<ResolvedPoint> = wanted.filter_map(|point| point.rebased(base?)).collect();
        let values: Vec<Span> = points.iter().flat_map(spans).collect();
        let places = Places::new(&points, &values);
        let order = points.iter().map(|point| (point.channel, point.quantity)).collect();
        Self { points, order, values, places, profile: Arc::clone(profile) }
    }

    /// Whether a request brings more than one value, so that it can be split.
    pub fn is_merged(&self, request: &Span) -> bool {
        self.values.iter().all(|value| value != request)
    }
}

/// Without the place of its model a SunSpec device has no points: registers elsewhere would make wrong values.
fn base(profile: &Profile, settings: &DeviceSettings) -> Option<u16> {
    match profile.addressing {
        Addressing::Absolute => Some(0),
        Addressing::SunSpec { .. } => settings.base,
    }
}

/// What bounds the requests to a device. `gap` is what the line makes worthwhile.
pub fn limits(profile: &Profile, settings: &DeviceSettings, gap: u16) -> PlanLimits {
    let base = base(profile, settings).unwrap_or_default();
    let holes = profile.limits.holes.iter().map(|(first, last)| (first.saturating_add(base), last.saturating_add(base)));
    let options = settings.options;
    PlanLimits {
        max_registers: options.max_registers.unwrap_or(u16::MAX).min(profile.limits.max_registers),
        gap: options.gap.unwrap_or(gap),
        holes: holes.collect(),
        one_request_per_value: options.one_request_per_value,
        ..PlanLimits::default()
    }
}

/// What one point needs: parts that touch are one span, so that they are never read at two moments.
pub(crate) fn spans(point: &ResolvedPoint) -> Vec<Span> {
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

/// Registers in a row that are all needed, and the place of the first among the words of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    table: Table,
    start: u32,
    end: u32,
    place: usize,
}

/// Registers in a row of one point, and the place of the first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    address: u16,
    count: u16,
    place: usize,
}

/// Where each needed register lies in the words of a round, whatever requests bring it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    segments: Vec<Segment>,
    words: usize,
    sources: Vec<Source>,
    /// Per point, its part of `sources`; the first is that of the number itself.
    of_point: Vec<Range<usize>>,
}

impl Places {
    fn new(points: &[ResolvedPoint], values: &[Span]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let mut all = Self::default();
        for span in sorted {
            let (start, end) = (u32::from(span.start), span.end());
            match all.segments.last_mut().filter(|last| last.table == span.table && start <= last.end) {
                Some(last) => {
                    all.words += end.saturating_sub(last.end) as usize;
                    last.end = last.end.max(end);
                }
                None => {
                    all.segments.push(Segment { table: span.table, start, end, place: all.words });
                    all.words += (end - start) as usize;
                }
            }
        }
        for point in points {
            let from = all.sources.len();
            for (address, count) in point.spans() {
                // Every span of a point is in `values`, so that it has a place.
                if let Some(place) = all.place(point.table, address) {
                    all.sources.push(Source { address, count, place });
                }
            }
            all.of_point.push(from..all.sources.len());
        }
        all
    }

    fn place(&self, table: Table, address: u16) -> Option<usize> {
        let address = u32::from(address);
        let at = self.segments.partition_point(|segment| (segment.table, segment.end) <= (table, address));
        let segment = self.segments.get(at).filter(|segment| segment.table == table && segment.start <= address)?;
        Some(segment.place + (address - segment.start) as usize)
    }

    /// How many words a round has.
    pub(crate) const fn words(&self) -> usize {
        self.words
    }

    /// The parts of a request that are needed: where each lies in the answer, and where it goes.
    pub(crate) fn parts(&self, request: Span) -> impl Iterator<Item = (Range<usize>, usize)> + '_ {
        let (from, to) = (u32::from(request.start), request.end());
        let first = self.segments.partition_point(|segment| (segment.table, segment.end) <= (request.table, from));
        let touched =
            self.segments.iter().skip(first).take_while(move |segment| segment.table == request.table && segment.start < to);
        touched.map(move |segment| {
            let (start, end) = (segment.start.max(from), segment.end.min(to));
            ((start - from) as usize..(end - from) as usize, segment.place + (start - segment.start) as usize)
        })
    }

    /// Where the registers of the point with this number are.
    pub(crate) fn sources(&self, point: usize) -> &[Source] {
        self.of_point.get(point).and_then(|range| self.sources.get(range.clone())).unwrap_or_default()
    }
}

impl Source {
    /// The place of the first register.
    pub(crate) const fn place(&self) -> usize {
        self.place
    }

    /// The place of a register, if it is one of these.
    pub(crate) fn find(&self, address: u16) -> Option<usize> {
        let offset = address.checked_sub(self.address).filter(|offset| *offset < self.count)?;
        Some(self.place + usize::from(offset))
    }

    /// The places of all its registers.
    pub(crate) fn places(&self) -> Range<usize> {
        self.place..self.place + usize::from(self.count)
    }
}

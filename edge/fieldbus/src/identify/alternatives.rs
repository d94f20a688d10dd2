//! Which of a profile's layouts a device has: its counter is watched at each candidate place, beside the power.
//!
//! One load is watched, the one that draws most. The watch ends as soon as enough has flowed to tell, so a busy load costs
//! seconds; where nothing flows for the whole patience the question stays open and is asked again another time.

use crate::ask::{Ask, ask_twice};
use crate::plan::Span;
use crate::transport::AskError;
use haubert_content::{Alternative, Growth, Profile, ResolvedPoint, decide, is_telling, verdict};
use haubert_modbus::Response;
use haubert_model::{Candidate, Choice, Decimal, Layout, Quantity, Reason, Verdict};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a counter is watched.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// At least this long: meters refresh their registers once or twice a second.
    pub at_least: Duration,
    /// At most this long.
    pub at_most: Duration,
    /// Between two looks.
    pub every: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { at_least: Duration::from_secs(6), at_most: Duration::from_secs(120), every: Duration::from_secs(2) }
    }
}

/// A device whose layout is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Unit id.
    pub unit: u8,
    /// First register of its SunSpec model.
    pub base: Option<u16>,
    /// Version of its register table.
    pub table_version: Option<u16>,
    /// Loads that it measures.
    pub channels: u8,
}

/// Answers every question that the profile leaves open. A question that the device's values do not answer now is answered by
/// the profile's first option, not settled.
pub async fn settle(line: &mut impl Ask, place: Place, profile: &Profile, patience: Patience) -> Vec<Choice> {
    let mut choices = Vec::new();
    for question in &profile.alternatives {
        if let Some(choice) = answer(line, place, profile, question, patience).await {
            choices.push(choice);
        }
    }
    choices
}

/// One candidate under watch.
struct Watched<'a> {
    option: &'a str,
    point: ResolvedPoint,
    first: Option<(Instant, Decimal)>,
    last: Option<(Instant, Decimal)>,
    fell: bool,
    unreadable: bool,
}

async fn answer(
    line: &mut impl Ask,
    place: Place,
    profile: &Profile,
    question: &Alternative,
    patience: Patience,
) -> Option<Choice> {
    let (channel, power) = busiest(line, place, profile, question).await?;
    let mut watched: Vec<Watched<'_>> = question
        .options
        .iter()
        .filter_map(|option| {
            let layout = Layout([(question.name.clone(), option.name.clone())].into());
            let point = point(place, profile, question.counter, channel, &layout)?;
            Some(Watched { option: &option.name, point, first: None, last: None, fell: false, unreadable: false })
        })
        .collect();
    let finest = watched.iter().map(|candidate| candidate.point.step()).fold(f64::INFINITY, f64::min);
    let started = Instant::now();
    let (mut expected, mut before) = (0.0, None::<(Instant, f64)>);
    loop {
        let drawn = value(line, place.unit, &power).await.map(Decimal::to_f64);
        let at = Instant::now();
        // Without the power there is nothing to compare with, and a lost answer tells nothing of the place that was asked.
        let drawn = drawn.ok()?;
        for candidate in &mut watched {
            match value(line, place.unit, &candidate.point).await {
                Err(Reason::NoAnswer) => return None,
                read => candidate.look(read, Instant::now()),
            }
        }
        if let Some((then, was)) = before {
            expected += (drawn + was) / 2.0 * at.duration_since(then).as_secs_f64() / 3600.0;
        }
        before = Some((at, drawn));
        let watched_for = started.elapsed();
        let told = is_telling(expected, finest) || watched.iter().filter(|candidate| !candidate.unreadable).count() < 2;
        if watched_for >= patience.at_most || (watched_for >= patience.at_least && told) {
            let watched_s = at.duration_since(started).as_secs_f64();
            let mean = if watched_s > 0.0 { expected.max(0.0) / watched_s } else { 0.0 };
            return conclude(question, channel, watched_for, mean, &watched);
        }
        tokio::time::sleep(patience.every).await;
    }
}

/// `mean` is what flows in a second.
fn conclude(question: &Alternative, channel: u8, watched_for: Duration, mean: f64, watched: &[Watched<'_>]) -> Option<Choice> {
    let candidates: Vec<Candidate> = watched.iter().map(|candidate| candidate.told(mean)).collect();
    let verdicts: Vec<Verdict> = candidates.iter().map(|candidate| candidate.verdict).collect();
    let decided = decide(&verdicts).and_then(|at| candidates.get(at));
    Some(Choice {
        question: question.name.clone(),
        option: decided.map(|candidate| candidate.option.clone()).or_else(|| Some(question.options.first()?.name.clone()))?,
        settled: decided.is_some(),
        channel,
        watched_ms: u64::try_from(watched_for.as_millis()).unwrap_or(u64::MAX),
        expected_milli: milli(mean * watched_for.as_secs_f64()),
        candidates,
    })
}

impl Watched<'_> {
    fn look(&mut self, read: Result<Decimal, Reason>, at: Instant) {
        let Ok(value) = read else {
            self.unreadable = true;
            return;
        };
        self.fell |= self.last.is_some_and(|(_, last)| value.to_f64() < last.to_f64());
        self.first.get_or_insert((at, value));
        self.last = Some((at, value));
    }

    /// Judged over its own span: on a busy line the places are not read at one moment.
    fn told(&self, mean: f64) -> Candidate {
        let read = self.first.zip(self.last).filter(|_| !self.unreadable);
        let grew = read.map(|((_, first), (_, last))| last.to_f64() - first.to_f64());
        let span_s = read.map_or(0.0, |((began, _), (ended, _))| ended.duration_since(began).as_secs_f64());
        let growth = match grew {
            Some(grew) => Growth::Read { grew, fell: self.fell, step: self.point.step() },
            None => Growth::Unreadable,
        };
        Candidate {
            option: self.option.to_owned(),
            address: self.point.address,
            first: self.first.and_then(|(_, value)| value.rescaled(0).ok()).map(|value| value.mantissa),
            grew_milli: grew.map(milli),
            verdict: verdict(growth, mean * span_s),
        }
    }
}

/// The load that draws most, and where its power is.
async fn busiest(line: &mut impl Ask, place: Place, profile: &Profile, question: &Alternative) -> Option<(u8, ResolvedPoint)> {
    let mut most: Option<(f64, u8, ResolvedPoint)> = None;
    for channel in 1..=place.channels.max(1) {
        let Some(power) = point(place, profile, question.power, channel, &Layout::default()) else { continue };
        let Ok(drawn) = value(line, place.unit, &power).await else { continue };
        let drawn = drawn.to_f64();
        if most.as_ref().is_none_or(|(known, _, _)| drawn > *known) {
            most = Some((drawn, channel, power));
        }
    }
    most.map(|(_, channel, power)| (channel, power))
}

fn point(place: Place, profile: &Profile, quantity: Quantity, channel: u8, layout: &Layout) -> Option<ResolvedPoint> {
    let points = profile.points_as(place.table_version, place.channels, layout);
    let found = points.into_iter().find(|point| (point.channel, point.quantity) == (channel, quantity))?;
    found.rebased(place.base.unwrap_or(0))
}

/// One value, read by itself: merged with others it would share their refusal.
async fn value(line: &mut impl Ask, unit: u8, point: &ResolvedPoint) -> Result<Decimal, Reason> {
    let mut words: HashMap<u16, u16> = HashMap::new();
    let mut spans: Vec<(u16, u16)> = point.spans().collect();
    spans.sort_unstable();
    // A number and its part that touch are read at one moment.
    let mut joined: Vec<(u16, u16)> = Vec::with_capacity(spans.len());
    for (start, count) in spans {
        match joined.last_mut() {
            Some((first, length)) if first.checked_add(*length) == Some(start) => *length += count,
            _ => joined.push((start, count)),
        }
    }
    for (start, count) in joined {
        let span = Span { table: point.table, start, count };
        match ask_twice(line, unit, &span.question()).await {
            Ok(Response::Registers(read)) => words.extend((start..=u16::MAX).zip(read)),
            Err(AskError::Exception(_)) => return Err(Reason::Refused),
            _ => return Err(Reason::NoAnswer),
        }
    }
    match point.decode(&|address| words.get(&address).copied())? {
        (_, Reason::Implausible) => Err(Reason::Implausible),
        (value, _) => Ok(value),
    }
}

fn milli(value: f64) -> i64 {
    // Far beyond any counter; the cast saturates.
    (value * 1000.0).round() as i64
}

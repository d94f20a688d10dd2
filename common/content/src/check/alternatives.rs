//! Checks of the questions that documents leave open.

use super::{Context, Fault, fault};
use crate::alternative::{Alternative, AlternativeOption};
use crate::point::{ChannelSpec, Point};
use crate::raw::RawAlternative;
use haubert_model::{Nature, Quantity};
use std::collections::BTreeSet;
use toml::Spanned;

const MAX_QUESTIONS: usize = 8;
const MAX_OPTIONS: usize = 8;

pub(super) fn check(
    raw: Vec<Spanned<RawAlternative>>,
    points: &[Point],
    context: &Context<'_>,
) -> Result<Vec<Alternative>, Fault> {
    if let Some(extra) = raw.get(MAX_QUESTIONS) {
        return Err(fault(extra, "alternatives", format!("at most {MAX_QUESTIONS} questions")));
    }
    let mut names = BTreeSet::new();
    raw.into_iter()
        .map(|question| {
            let given = question.get_ref();
            let wrong = |field, message: String| Err(fault(&question, field, message));
            if !is_name(&given.name) || !names.insert(given.name.clone()) {
                return wrong("name", "a name is lower-case letters, digits and dashes, and unique".to_owned());
            }
            if !(2..=MAX_OPTIONS).contains(&given.options.len()) {
                return wrong("options", format!("a question has 2 to {MAX_OPTIONS} answers"));
            }
            let unique: BTreeSet<&str> = given.options.iter().map(|option| option.name.as_str()).collect();
            if unique.len() != given.options.len() || !unique.iter().all(|name| is_name(name)) {
                return wrong("options", "an answer's name is lower-case letters, digits and dashes, and unique".to_owned());
            }
            let measured = |quantity: &&Quantity| points.iter().any(|point| point.quantity == **quantity);
            let only = given.options.iter().flat_map(|option| &option.only);
            let missing = given.quantities.iter().chain([&given.power]).chain(only).find(|quantity| !measured(quantity)).copied();
            if let Some(missing) = missing {
                return wrong("quantities", format!("no point measures {missing}"));
            }
            if given.counter.nature() != Nature::Counter || !given.quantities.contains(&given.counter) {
                return wrong("counter", "name a counter among the quantities that move".to_owned());
            }
            if given.power.nature() != Nature::Instant || given.quantities.contains(&given.power) {
                return wrong("power", "name an instantaneous quantity that does not move".to_owned());
            }
            for option in &given.options {
                let moved = points.iter().filter(|point| given.quantities.contains(&point.quantity));
                if let Some(point) = moved.into_iter().find(|point| !fits(point, option.shift, context)) {
                    return wrong(
                        "shift",
                        format!("{:?} moves {} to where no register may be read", option.name, point.quantity),
                    );
                }
            }
            Ok(question.into_inner().into())
        })
        .collect()
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(plain)
}

/// The moved registers exist on every channel, and no hole is among them.
fn fits(point: &Point, shift: i16, context: &Context<'_>) -> bool {
    let channels = if point.channel == ChannelSpec::Each { context.channels } else { 1 };
    (1..=channels).all(|channel| {
        let resolved = Point { channel: point.channel, ..point.clone() }.resolved(channel, context.channel_stride);
        let Some(moved) = resolved.and_then(|resolved| resolved.shifted(shift)) else { return false };
        moved.spans().all(|(first, count)| {
            let last = u32::from(first) + u32::from(count) - 1;
            let hit = |hole: &(u16, u16)| u32::from(first) <= u32::from(hole.1) && u32::from(hole.0) <= last;
            last <= u32::from(u16::MAX) && !context.limits.holes.iter().any(hit)
        })
    })
}

impl From<RawAlternative> for Alternative {
    fn from(raw: RawAlternative) -> Self {
        Self {
            name: raw.name,
            why: raw.why,
            quantities: raw.quantities,
            counter: raw.counter,
            power: raw.power,
            options: raw
                .options
                .into_iter()
                .map(|option| AlternativeOption { name: option.name, shift: option.shift, only: option.only })
                .collect(),
        }
    }
}

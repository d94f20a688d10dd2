//! Raw registers → values, from the sample file beside each profile. A profile without samples, or with a point that no
//! sample shows, fails.

use haubert_content::{Profile, ResolvedPoint, embedded};
use haubert_model::{Decimal, Layout, Quantity, Reason};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    sample: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    note: String,
    table_version: Option<u16>,
    #[serde(default)]
    layout: Layout,
    blocks: Vec<Block>,
    values: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    address: u16,
    words: Vec<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    quantity: Quantity,
    #[serde(default = "one")]
    channel: u8,
    value: Option<String>,
    reason: Option<Reason>,
}

const fn one() -> u8 {
    1
}

fn decimal(text: &str) -> Decimal {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    Decimal::new(format!("{whole}{fraction}").parse().unwrap(), -i8::try_from(fraction.len()).unwrap())
}

fn same(one: Decimal, other: Decimal) -> bool {
    let exponent = one.exponent.min(other.exponent);
    one.rescaled(exponent).unwrap() == other.rescaled(exponent).unwrap()
}

#[test]
fn every_profile_decodes_its_samples() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/device-profiles");
    let mut checked = 0;
    for profile in embedded().unwrap().iter() {
        let path = folder.join(format!("{}.samples.toml", profile.id));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let samples: Samples = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut shown = BTreeSet::new();
        for sample in &samples.sample {
            checked += check(profile, sample, &mut shown);
        }
        for layout in layouts(profile) {
            for point in profile.points_as(None, 0, &layout) {
                let key = (point.channel, point.quantity, point.address);
                let place = format!("{}: no sample shows {} of channel {}", profile.id, point.quantity, point.channel);
                assert!(shown.contains(&key), "{place} at {:#06X}", point.address);
            }
        }
    }
    assert!(checked > 500, "only {checked} values");
}

/// The usual layout, and each answer to each open question.
fn layouts(profile: &Profile) -> Vec<Layout> {
    let answers = profile
        .alternatives
        .iter()
        .flat_map(|question| question.options.iter().map(|option| Layout([(question.name.clone(), option.name.clone())].into())));
    [Layout::default()].into_iter().chain(answers).collect()
}

fn check(profile: &Profile, sample: &Sample, shown: &mut BTreeSet<(u8, Quantity, u16)>) -> usize {
    let words: BTreeMap<u16, u16> = sample
        .blocks
        .iter()
        .flat_map(|block| block.words.iter().zip(block.address..).map(|(word, address)| (address, *word)))
        .collect();
    let points = profile.points_as(sample.table_version, 0, &sample.layout);
    let at = |value: &Value| -> ResolvedPoint {
        let found = points.iter().find(|point| (point.channel, point.quantity) == (value.channel, value.quantity));
        *found.unwrap_or_else(|| panic!("{}: no {} on channel {}", profile.id, value.quantity, value.channel))
    };
    for value in &sample.values {
        let place = format!("{}, {:?}, {} of channel {}", profile.id, sample.note, value.quantity, value.channel);
        let decoded = at(value).decode(&|address| words.get(&address).copied());
        match (&value.value, decoded) {
            (Some(text), Ok((number, reason))) => {
                assert!(same(number, decimal(text)), "{place}: {number:?} is not {text}");
                assert_eq!(reason, value.reason.unwrap_or(Reason::Measured), "{place}");
            }
            (None, Err(reason)) => assert_eq!(Some(reason), value.reason, "{place}"),
            (expected, decoded) => panic!("{place}: expected {expected:?}, decoded {decoded:?}"),
        }
        shown.insert((value.channel, value.quantity, at(value).address));
    }
    sample.values.len()
}

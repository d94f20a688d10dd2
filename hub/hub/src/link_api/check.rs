//! Is what a gateway sends what it says it is? Pure checks, before anything is stored.

use super::exchange::No;
use haubert_link::CHUNK_COUNT;
use haubert_link::message::{Chunk, Hello, LinkEvent, Live, PostureReport, RefusalCode};

/// Names and codes are shorter.
const MAX_TEXT: usize = 200;
const MAX_DEVICES: usize = 20_000;
const MAX_LOADS: usize = 50_000;
const MAX_PARAMS: usize = 16;
/// Checks and requirements of a report.
const MAX_FINDINGS: usize = 500;
const MAX_ANSWERS: usize = 2_000;

fn text(what: &str, text: &str) -> Result<(), No> {
    if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(No::new(RefusalCode::BadMessage, format!("{what} is too long or has control characters")));
    }
    Ok(())
}

pub(super) fn hello(hello: &Hello) -> Result<(), No> {
    if hello.devices.len() > MAX_DEVICES || hello.loads.len() > MAX_LOADS {
        return Err(No::new(RefusalCode::BadMessage, "too many devices or loads"));
    }
    if hello.history.is_empty() {
        return Err(No::new(RefusalCode::BadMessage, "the history has no identity"));
    }
    text("the history's identity", &hello.history)?;
    text("the product version", &hello.product_version)?;
    for device in &hello.devices {
        text("a device's name", &device.name)?;
        let said = [&device.make, &device.model, &device.version, &device.serial];
        said.into_iter().flatten().try_for_each(|said| text("what a device is", said))?;
    }
    hello.loads.iter().try_for_each(|load| text("a load's name", &load.name))
}

pub(super) fn events(events: &[LinkEvent]) -> Result<(), No> {
    let mut last = 0;
    for event in events {
        if event.id <= last || i64::try_from(event.id).is_err() {
            return Err(No::at(RefusalCode::BadMessage, "event ids must grow", event.id));
        }
        last = event.id;
        if event.params.len() > MAX_PARAMS {
            return Err(No::at(RefusalCode::BadMessage, "too many parameters", event.id));
        }
        text("an event's code", &event.code)?;
        event.params.iter().try_for_each(|(name, value)| text("a parameter", name).and_then(|()| text("a parameter", value)))?;
    }
    Ok(())
}

pub(super) fn posture(report: &PostureReport) -> Result<(), No> {
    if report.findings.len() > MAX_FINDINGS || report.answers.len() > MAX_ANSWERS {
        return Err(No::new(RefusalCode::BadMessage, "too many findings or answers"));
    }
    for finding in &report.findings {
        if finding.proof.len() > MAX_PARAMS {
            return Err(No::new(RefusalCode::BadMessage, "too many values of a proof"));
        }
        text("a check", &finding.check)?;
        finding.proof.iter().try_for_each(|(name, value)| text("a proof", name).and_then(|()| text("a proof", value)))?;
    }
    report
        .answers
        .iter()
        .try_for_each(|answer| text("a standard", &answer.standard).and_then(|()| text("a requirement", &answer.id)))
}

pub(super) fn live(live: &Live) -> Result<(), No> {
    if live.power_w.is_some_and(|power| !power.is_finite()) {
        return Err(No::new(RefusalCode::BadMessage, "the power is not a number"));
    }
    if live.values.iter().any(|value| value.value.is_some_and(|value| !(-18..=18).contains(&value.exponent))) {
        return Err(No::new(RefusalCode::BadMessage, "a value's exponent is absurd"));
    }
    Ok(())
}

/// Cursors grow, and each chunk's bytes decode to what its header says. Hard work: off the async workers.
pub(super) fn chunks(chunks: &[Chunk]) -> Result<(), No> {
    if chunks.len() > CHUNK_COUNT {
        return Err(No::new(RefusalCode::BadMessage, format!("at most {CHUNK_COUNT} chunks at once")));
    }
    let mut last = 0;
    for chunk in chunks {
        if chunk.cursor <= last || i64::try_from(chunk.cursor).is_err() {
            return Err(No::new(RefusalCode::BadMessage, format!("cursors must grow: {} after {last}", chunk.cursor)));
        }
        last = chunk.cursor;
        one(chunk).map_err(|detail| No::at(RefusalCode::BadChunk, detail, chunk.cursor))?;
    }
    Ok(())
}

fn one(chunk: &Chunk) -> Result<(), String> {
    let samples = haubert_historian::chunk::decode(&chunk.bytes).map_err(|error| error.to_string())?;
    let first = samples.iter().map(|sample| sample.at).min().ok_or("the chunk is empty")?;
    let last = samples.iter().map(|sample| sample.at).max().ok_or("the chunk is empty")?;
    if u32::try_from(samples.len()) != Ok(chunk.count) || first != chunk.first || last != chunk.last {
        return Err("count or times in the header are not those of the samples".to_owned());
    }
    Ok(())
}

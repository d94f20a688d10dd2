//! What to do next, and what each action wins.

use super::{Measure, score};
use crate::answer::Answer;
use serde::Serialize;
use std::collections::BTreeMap;

/// How far a measure must be done before what rests on it makes sense.
const FOOTING: f64 = 2.0 / 3.0;

/// What doing a measure takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    /// Effort, in units of the least: 1 and more.
    pub effort: u32,
    /// Measures that come before it.
    pub depends_on: Vec<String>,
}

/// An action: doing one measure wholly.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Step {
    /// The measure.
    pub measure: String,
    /// Points of the score that it wins by itself, as things stand.
    pub points: f64,
    /// The score once it and the steps before it are done.
    pub total: f64,
}

fn total(measures: &[Measure]) -> f64 {
    score(measures).total.least
}

fn with_done<T>(measures: &mut [Measure], position: usize, look: impl FnOnce(&[Measure]) -> T) -> Option<T> {
    let before = std::mem::replace(&mut measures.get_mut(position)?.answer, Answer::Done(1.0));
    let seen = look(measures);
    measures.get_mut(position)?.answer = before;
    Some(seen)
}

/// The `most` next steps, in order: each time the one that wins most for its effort among those whose footing is laid.
pub fn next_steps(measures: &[Measure], takes: &BTreeMap<String, Gain>, most: usize) -> Vec<Step> {
    let now = total(measures);
    let alone: Vec<f64> = {
        let mut scratch = measures.to_vec();
        (0..measures.len()).map(|at| with_done(&mut scratch, at, total).unwrap_or(now) - now).collect()
    };
    let mut world = measures.to_vec();
    let mut steps = Vec::new();
    while steps.len() < most {
        let before = total(&world);
        let mut best: Option<(f64, usize)> = None;
        for at in 0..world.len() {
            let Some(measure) = world.get(at) else { continue };
            if !is_open(measure.answer) || !is_founded(measure, &world, takes) {
                continue;
            }
            let effort = f64::from(takes.get(&measure.id).map_or(1, |gain| gain.effort.max(1)));
            let id = measure.id.clone();
            let worth = with_done(&mut world, at, total).unwrap_or(before) - before;
            let worth = worth / effort;
            let is_better = best
                .is_none_or(|(best, held)| worth > best || (worth == best && world.get(held).is_some_and(|held| id < held.id)));
            if is_better {
                best = Some((worth, at));
            }
        }
        let Some((_, at)) = best else { break };
        let Some(measure) = world.get_mut(at) else { break };
        measure.answer = Answer::Done(1.0);
        let measure = measure.id.clone();
        steps.push(Step { measure, points: alone.get(at).copied().unwrap_or(0.0).max(0.0), total: total(&world) });
    }
    steps
}

fn is_open(answer: Answer) -> bool {
    answer != Answer::NotApplicable && answer.least() < 1.0
}

fn is_founded(measure: &Measure, world: &[Measure], takes: &BTreeMap<String, Gain>) -> bool {
    let Some(gain) = takes.get(&measure.id) else { return true };
    gain.depends_on.iter().all(|needed| {
        let needed = world.iter().find(|other| other.id == *needed);
        needed.is_none_or(|other| other.answer == Answer::NotApplicable || other.answer.least() >= FOOTING)
    })
}

//! What an adaptive coder learns of numbers that are mostly small: distances from what was predicted.
//!
//! A distance is the length of its magnitude in bits, coded outwards from the middle length of the column in the context of
//! the two lengths before it; its sign, in the context of the sign before it (noise around a level alternates); and its
//! magnitude, of which the upper bits are learnt and the rest is plain. The binarisation is Exp-Golomb as in CABAC
//! (D. Marpe, H. Schwarz, T. Wiegand, 2003). What the chances start from was measured on a household and on a plant.

use super::range::{Chance, Coder};

/// Longest length that can be a column's middle.
pub(super) const MIDDLE_MAX: usize = 31;
/// Columns shorter than this learn too little to tell contexts apart.
const CONTEXTS_FROM: usize = 256;
const CONTEXTS: usize = 7;

/// How long numbers are, learnt in one context.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    /// Longer than the middle.
    longer: Chance,
    /// That it is this one: of those longer than the middle, going up; of the others, going down.
    up: [Chance; 64],
    down: [Chance; 64],
}

/// What is known of the distances of a column so far.
#[derive(Debug)]
pub(super) struct Model {
    middle: usize,
    several: bool,
    context: usize,
    before: usize,
    lengths: [Lengths; CONTEXTS],
    sign: usize,
    signs: [Chance; 6],
    /// Per length: the three bits below the highest, as a tree.
    tops: [[Chance; 8]; 65],
}

const LENGTHS: Lengths = Lengths { longer: Chance::new(40, 3), up: [Chance::new(68, 1); 64], down: [Chance::new(50, 3); 64] };
const SIGNS: [Chance; 6] = [Chance::new(50, 4); 6];
const TOPS: [[Chance; 8]; 65] = [[Chance::new(45, 8); 8]; 65];

impl Default for Model {
    fn default() -> Self {
        let (lengths, signs, tops) = ([LENGTHS; CONTEXTS], SIGNS, TOPS);
        Self { middle: 0, several: false, context: 0, before: 0, lengths, sign: 0, signs, tops }
    }
}

impl Model {
    /// Forgets everything, for a column of `count` values whose distances are mostly around `middle` bits long.
    pub(super) fn reset(&mut self, middle: usize, count: usize) {
        self.middle = middle.min(MIDDLE_MAX);
        self.several = count >= CONTEXTS_FROM;
        (self.context, self.before, self.sign) = (0, self.middle, 0);
        let used = if self.several { CONTEXTS } else { 1 };
        self.lengths.iter_mut().take(used).for_each(|lengths| *lengths = LENGTHS);
        (self.signs, self.tops) = (SIGNS, TOPS);
    }

    /// Writes or reads one distance.
    #[inline(always)]
    pub(super) fn code(&mut self, coder: &mut impl Coder, distance: i64) -> i64 {
        let length = self.length(coder, length(distance));
        if length == 0 {
            self.sign = 0;
            return 0;
        }
        let negative = self.signs.get_mut(self.sign).is_some_and(|chance| coder.bit(chance, distance < 0));
        self.sign = match length {
            short if short <= self.middle / 2 => 1,
            long => 2 + usize::from(negative) + 2 * usize::from(long >= self.middle),
        };
        let size = self.size(coder, length, distance.unsigned_abs());
        if negative { (size as i64).wrapping_neg() } else { size as i64 }
    }

    #[inline(always)]
    fn length(&mut self, coder: &mut impl Coder, length: usize) -> usize {
        let middle = self.middle;
        let mut found = middle;
        let Some(lengths) = self.lengths.get_mut(self.context) else { return 0 };
        if coder.bit(&mut lengths.longer, length > middle) {
            found += 1;
            for chance in &mut lengths.up {
                if found == 64 || coder.bit(chance, length == found) {
                    break;
                }
                found += 1;
            }
        } else {
            for chance in &mut lengths.down {
                if found == 0 || coder.bit(chance, length == found) {
                    break;
                }
                found -= 1;
            }
        }
        if self.several {
            self.context = (2 * found + self.before + 3).saturating_sub(3 * middle).min(CONTEXTS - 1);
            self.before = found;
        }
        found
    }

    /// A magnitude whose `length` is known and not 0.
    #[inline(always)]
    fn size(&mut self, coder: &mut impl Coder, length: usize, size: u64) -> u64 {
        let Some(top) = self.tops.get_mut(length) else { return 0 };
        let (mut left, mut node) = (length - 1, 1usize);
        while left > 0 && node < 8 {
            let Some(chance) = top.get_mut(node) else { break };
            left -= 1;
            node = node << 1 | usize::from(coder.bit(chance, size >> left & 1 == 1));
        }
        let mut found = node as u64;
        while left > 0 {
            let bits = left.min(16);
            left -= bits;
            found = found << bits | coder.plain(bits as u32, size >> left & ((1 << bits) - 1));
        }
        found
    }
}

/// Bits of a distance's magnitude.
const fn length(distance: i64) -> usize {
    64 - distance.unsigned_abs().leading_zeros() as usize
}

/// How many distances have which length.
pub(super) struct Survey([u32; 65]);

impl Survey {
    /// Counts these distances.
    pub(super) fn of(distances: impl Iterator<Item = i64>) -> Self {
        let mut counts = [0; 65];
        for distance in distances {
            if let Some(count) = counts.get_mut(length(distance)) {
                *count += 1;
            }
        }
        Self(counts)
    }

    /// Half of the distances are at most so long.
    pub(super) fn middle(&self) -> usize {
        let half = self.0.iter().sum::<u32>().div_ceil(2);
        let mut below = 0;
        let reaches = |count: &u32| {
            below += count;
            below >= half
        };
        self.0.iter().position(reaches).unwrap_or(0)
    }

    /// About how much coding them takes, in 1/256 bit: the entropy of the lengths, the bits themselves, and what learning costs.
    pub(super) fn cost(&self) -> u64 {
        let log = log2(self.0.iter().sum());
        let cost = |(length, count): (u64, &u32)| u64::from(*count) * (log.saturating_sub(log2(*count)) + 256 * length) + 3 * 256;
        (0..).zip(&self.0).filter(|(_, count)| **count > 0).map(cost).sum()
    }
}

/// In 1/256, between powers of two by a straight line.
fn log2(number: u32) -> u64 {
    let whole = number.max(1).ilog2();
    (u64::from(whole) << 8) + (u64::from(number) << 8 >> whole).saturating_sub(256)
}

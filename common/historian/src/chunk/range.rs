//! An adaptive binary range coder: each bit costs what it surprises, given how such bits fell before.
//!
//! After G. N. N. Martin, "Range encoding" (1979), and the coder of LZMA (I. Pavlov, "LZMA specification"), with 64 bits of
//! state that move 32 at a time. Carries are put right in the bytes already written. Chances are learnt at two speeds, as
//! in M. Mahoney, "Adaptive weighing of context models for lossless data compression" (2005): fast at first, then one by
//! the number of bits seen and one that forgets. Integers only, so that every machine reads the same.

/// The chance that a bit of one kind is set, learnt from those before it. In 1/65,536, never 0 and never 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    slow: u16,
    fast: u16,
    seen: u8,
}

/// How far a chance moves towards the newest bit after so many of them, in 1/65,536.
const RATES: [u16; 256] = {
    let mut rates = [0; 256];
    let mut seen = 0;
    while seen < rates.len() {
        #[allow(clippy::indexing_slicing)] // constant evaluation: a wrong index fails the build
        {
            rates[seen] = (131_072 / (2 * seen + 3)) as u16;
        }
        seen += 1;
    }
    rates
};
/// The fast one stops slowing down here.
const RATE_MIN: u16 = 65_536_u32.div_euclid(16) as u16;

impl Chance {
    /// What is assumed before the first bit, and for how many bits that stands.
    pub(super) const fn new(percent: u32, seen: u8) -> Self {
        let set = (percent * 65_536 / 100) as u16;
        Self { slow: set, fast: set, seen }
    }

    /// A part of `range`, neither nothing nor all of it.
    #[inline(always)]
    const fn of(self, range: u64) -> u64 {
        (range >> 16) * ((self.slow as u64 + self.fast as u64) >> 1)
    }

    #[inline(always)]
    fn learn(&mut self, set: bool) {
        let rate = RATES.get(usize::from(self.seen)).copied().unwrap_or(RATE_MIN);
        self.slow = moved(self.slow, set, rate);
        self.fast = moved(self.fast, set, rate.max(RATE_MIN));
        self.seen = self.seen.saturating_add(1);
    }
}

#[inline(always)]
fn moved(chance: u16, set: bool, rate: u16) -> u16 {
    let (chance, rate) = (u32::from(chance), u32::from(rate));
    let moved = if set { chance + (((65_536 - chance) * rate) >> 16) } else { chance - ((chance * rate) >> 16) };
    moved as u16
}

/// Either direction, so that one description of the data serves both: writing returns what it was given, reading ignores it.
pub(super) trait Coder {
    /// A bit that `chance` foretells.
    fn bit(&mut self, chance: &mut Chance, set: bool) -> bool;
    /// A number of `bits` bits, at most 16, of which nothing is known.
    fn plain(&mut self, bits: u32, number: u64) -> u64;
}

/// Appends to bytes.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    low: u64,
    range: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { start: out.len(), out, low: 0, range: u64::MAX }
    }

    #[inline(always)]
    fn raise(&mut self, distance: u64) {
        let (low, carry) = self.low.overflowing_add(distance);
        self.low = low;
        if carry {
            self.carry();
        }
    }

    #[cold]
    fn carry(&mut self) {
        for byte in self.out.iter_mut().skip(self.start).rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                return;
            }
        }
    }

    #[inline(always)]
    fn shift(&mut self) {
        if self.range < 1 << 32 {
            self.out.extend_from_slice(&((self.low >> 32) as u32).to_be_bytes());
            self.low <<= 32;
            self.range <<= 32;
        }
    }

    /// Writes the shortest bytes that stand for what was coded; zeros at the end are left to the reader.
    pub(super) fn finish(mut self) {
        for kept in 0..=8usize {
            let mask = u64::MAX.checked_shr(8 * kept as u32).unwrap_or(0);
            let (end, carry) = self.low.overflowing_add(mask);
            let end = end & !mask;
            if end.wrapping_sub(self.low) < self.range {
                if carry {
                    self.carry();
                }
                self.out.extend(end.to_be_bytes().iter().take(kept));
                break;
            }
        }
        while self.out.len() > self.start && self.out.last() == Some(&0) {
            self.out.pop();
        }
    }
}

impl Coder for Writer<'_> {
    #[inline(always)]
    fn bit(&mut self, chance: &mut Chance, set: bool) -> bool {
        let part = chance.of(self.range);
        if set {
            self.range = part;
        } else {
            self.raise(part);
            self.range -= part;
        }
        chance.learn(set);
        self.shift();
        set
    }

    #[inline(always)]
    fn plain(&mut self, bits: u32, number: u64) -> u64 {
        self.range >>= bits;
        self.raise(self.range * number);
        self.shift();
        number
    }
}

/// Reads what [`Writer`] wrote. Of other bytes it makes other numbers, and it never fails: whoever knows how many numbers
/// there are bounds the work.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// The bytes end with a zero, which no writer leaves.
    padded: bool,
    code: u64,
    range: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self { bytes, padded: bytes.last() == Some(&0), code: 0, range: u64::MAX };
        for _ in 0..2 {
            reader.code = reader.code << 32 | u64::from(reader.next());
        }
        reader
    }

    #[inline(always)]
    fn next(&mut self) -> u32 {
        if let Some((head, rest)) = self.bytes.split_first_chunk() {
            self.bytes = rest;
            return u32::from_be_bytes(*head);
        }
        self.last()
    }

    #[cold]
    fn last(&mut self) -> u32 {
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(std::mem::take(&mut self.bytes)) {
            *to = *from;
        }
        u32::from_be_bytes(last)
    }

    #[inline(always)]
    fn shift(&mut self) {
        if self.range < 1 << 32 {
            self.code = self.code << 32 | u64::from(self.next());
            self.range <<= 32;
        }
    }

    /// No bytes are left over (a few beyond the last number may go unnoticed).
    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty() && !self.padded
    }
}

impl Coder for Reader<'_> {
    #[inline(always)]
    fn bit(&mut self, chance: &mut Chance, _: bool) -> bool {
        let part = chance.of(self.range);
        let set = self.code < part;
        if set {
            self.range = part;
        } else {
            self.code -= part;
            self.range -= part;
        }
        chance.learn(set);
        self.shift();
        set
    }

    #[inline(always)]
    fn plain(&mut self, bits: u32, _: u64) -> u64 {
        self.range >>= bits;
        // Bytes from outside may point beyond the range.
        let number = (self.code / self.range).min((1 << bits) - 1);
        self.code -= self.range * number;
        self.shift();
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_and_numbers_come_back(
            head in prop::collection::vec(any::<u8>(), 0..4),
            items in prop::collection::vec((0usize..4, any::<bool>(), 0u32..=16, any::<u64>()), 0..2000),
        ) {
            let chances = [1, 30, 50, 99].map(|percent| Chance::new(percent, 0));
            let cut = |bits: u32, number: u64| number & ((1 << bits) - 1);
            let mut out = head.clone();
            let (mut writer, mut known) = (Writer::new(&mut out), chances);
            for (kind, set, bits, number) in &items {
                writer.bit(&mut known[*kind], *set);
                writer.plain(*bits, cut(*bits, *number));
            }
            writer.finish();
            prop_assert!(out.starts_with(&head));
            let (mut reader, mut known) = (Reader::new(&out[head.len()..]), chances);
            for (kind, set, bits, number) in &items {
                prop_assert_eq!(reader.bit(&mut known[*kind], false), *set);
                prop_assert_eq!(reader.plain(*bits, 0), cut(*bits, *number));
            }
            prop_assert!(reader.is_at_end());
        }
    }

    /// The middle stays within reach for hundreds of bits, so that all bytes so far are set, and is then passed.
    #[test]
    fn a_carry_runs_through_many_bytes() {
        const CHANCE: Chance = Chance::new(30, 0);
        let (mut out, mut items) = (Vec::new(), Vec::new());
        let mut writer = Writer::new(&mut out);
        let mut to_middle = 1u64 << 63;
        for last in (0..400).map(|n| n == 399) {
            let part = CHANCE.of(writer.range);
            let set = to_middle < part && !last;
            to_middle = if set || last { to_middle } else { to_middle - part };
            let words = writer.out.len() / 4;
            writer.bit(&mut CHANCE.clone(), set);
            to_middle <<= 32 * (writer.out.len() / 4 - words);
            items.push(set);
            assert!(last || writer.out.iter().skip(1).all(|byte| *byte == 0xff));
        }
        assert!(writer.out.len() > 20);
        writer.finish();
        assert_eq!(out, [0x80], "all others became 0 and were left out");
        let mut reader = Reader::new(&out);
        assert!(items.iter().all(|set| reader.bit(&mut CHANCE.clone(), false) == *set));
    }
}

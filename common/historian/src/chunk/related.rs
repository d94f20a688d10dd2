//! Columns that others foretell: the quantities of one load determine each other. Phases follow the total, voltages between
//! phases those to neutral, an index the power.
//!
//! ```text
//! kind and middle length(1 byte: bits 6-7 kind, bit 5 = a step follows, bits 0-4 middle length)
//! [common step of all values(varint)]  first value(signed varint)
//! the other values, in steps from the first: distances from what is predicted, range coded as in [`super::adaptive`]
//! ```
//! A value's change is predicted from the changes of the others at the same time (or, for an index, from the others
//! themselves), with weights by least squares over what both sides know already, older rows counting less: recursive
//! least squares as in S. Haykin, "Adaptive Filter Theory", as the prediction across channels of lossless audio has it
//! (MPEG-4 ALS). What rounding left unsaid is carried on to the next row.
//!
//! Floating point with `+ - * /` alone, which IEEE 754 defines to the bit, so that every machine reads the same.

use super::ChunkError;
use super::adaptive::{self, Head, in_steps};
use super::model::{Model, Survey};
use super::range::{Reader, Writer};

/// The others' changes foretell the change.
const CHANGES: u8 = 0;
/// The others themselves foretell the change.
const LEVELS: u8 = 1;

/// Others that foretell a column, at most.
pub(crate) const OTHERS_MAX: usize = 3;
/// What a row's share in the weights falls to with each later row.
const FORGET: f64 = 0.985;
/// What holds weights near 0 while little is known.
const RIDGE: f64 = 1e-6;
/// The share of an error that is taken to come back in the next row.
const CARRY: f64 = 0.7;
/// The weights change with every row at first, then with each of so many.
const EVERY: u32 = 8;

/// The weights of three columns, learnt from row to row.
#[derive(Debug, Default)]
struct Weights {
    /// Products of the columns with each other: 00, 01, 02, 11, 12, 22.
    products: [f64; 6],
    /// Products of the columns with what they foretell.
    targets: [f64; 3],
    weights: [f64; 3],
    carry: f64,
    rows: u32,
}

impl Weights {
    /// The change to expect in a row.
    fn predict(&self, row: [f64; OTHERS_MAX]) -> f64 {
        let [a, b, c] = row;
        let [u, v, w] = self.weights;
        a * u + b * v + c * w + self.carry
    }

    /// Takes notice of the change there was where `expected` was.
    fn learn(&mut self, row: [f64; OTHERS_MAX], expected: f64, change: i64) {
        let (change, [a, b, c]) = (change as f64, row);
        self.carry = (expected - change) * CARRY;
        for (sum, product) in self.products.iter_mut().zip([a * a, a * b, a * c, b * b, b * c, c * c]) {
            *sum = *sum * FORGET + product;
        }
        for (sum, column) in self.targets.iter_mut().zip(row) {
            *sum = *sum * FORGET + column * change;
        }
        self.rows = self.rows.wrapping_add(1);
        if self.rows < 32 || self.rows.is_multiple_of(EVERY) {
            self.solve();
        }
    }

    /// The normal equations, by Cholesky's decomposition without roots.
    fn solve(&mut self) {
        let [aa, ab, ac, bb, bc, cc] = self.products;
        let [ya, yb, yc] = self.targets;
        let held = |sum: f64| sum + RIDGE * (1.0 + sum);
        let (aa, bb, cc) = (held(aa), held(bb), held(cc));
        let (lb, lc) = (ab / aa, ac / aa);
        let db = bb - lb * ab;
        let eb = bc - lb * ac;
        let le = eb / db;
        let dc = cc - lc * ac - le * eb;
        let zb = yb - lb * ya;
        let zc = yc - lc * ya - le * zb;
        let w = zc / dc;
        let v = zb / db - le * w;
        let u = ya / aa - lb * v - lc * w;
        self.weights = [u, v, w];
    }
}

/// To the nearest; what is no number is 0.
fn nearest(number: f64) -> i64 {
    (number + if number < 0.0 { -0.5 } else { 0.5 }) as i64
}

/// Room for coding, used again from column to column.
#[derive(Debug, Default)]
pub(crate) struct Related {
    alone: adaptive::Room,
    model: Model,
    rows: Vec<[f64; OTHERS_MAX]>,
    numbers: Vec<i64>,
    distances: Vec<i64>,
    /// What stands before the distances.
    head: Head,
}

impl Related {
    /// About how many bytes a column takes by itself.
    pub(crate) fn cost_alone(&mut self, values: &[i64]) -> usize {
        in_bytes(self.alone.cost(values))
    }

    /// About how many bytes a column of at least one value takes given the others, of which there are at most [`OTHERS_MAX`],
    /// each at least as long. [`Related::encode`] then writes it.
    pub(crate) fn cost(&mut self, values: &[i64], others: &[&[i64]]) -> usize {
        let head = self.foretell(values, others);
        let survey = Survey::of(self.distances.iter().copied());
        self.head = Head { middle: survey.middle(), ..head };
        in_bytes(survey.cost())
    }

    /// Appends the column whose [`Related::cost`] was asked last.
    pub(crate) fn encode(&mut self, out: &mut Vec<u8>) {
        self.head.put(out);
        self.model.reset(self.head.middle, self.numbers.len());
        let mut writer = Writer::new(out);
        for distance in &self.distances {
            self.model.code(&mut writer, *distance);
        }
        writer.finish();
    }

    /// Appends the `count` values of a column, given the same others.
    ///
    /// # Errors
    /// [`ChunkError::Malformed`] for what [`Related::encode`] did not write.
    pub(crate) fn decode(
        &mut self,
        mut bytes: &[u8],
        count: usize,
        others: &[&[i64]],
        values: &mut Vec<i64>,
    ) -> Result<(), ChunkError> {
        const BAD: ChunkError = ChunkError::Malformed("values");
        let head = Head::take(&mut bytes).filter(|head| head.kind <= LEVELS).ok_or(BAD)?;
        if count == 0 || others.len() > OTHERS_MAX || others.iter().any(|other| other.len() < count) {
            return Err(BAD);
        }
        fill(&mut self.rows, others, head.kind, count);
        self.model.reset(head.middle, count);
        let (mut reader, mut weights, mut number) = (Reader::new(bytes), Weights::default(), 0i64);
        values.push(head.origin);
        values.extend(self.rows.iter().skip(1).map(|row| {
            let expected = weights.predict(*row);
            let change = nearest(expected).wrapping_add(self.model.code(&mut reader, 0));
            weights.learn(*row, expected, change);
            number = number.wrapping_add(change);
            head.value(number)
        }));
        if reader.is_at_end() { Ok(()) } else { Err(BAD) }
    }

    /// Leaves the distances between changes as foretold and as they are.
    fn foretell(&mut self, values: &[i64], others: &[&[i64]]) -> Head {
        let kind = if values.is_sorted() { LEVELS } else { CHANGES };
        let step = in_steps(values, &mut self.numbers);
        fill(&mut self.rows, others, kind, values.len());
        let mut weights = Weights::default();
        self.distances.clear();
        let pairs = self.numbers.iter().zip(self.numbers.iter().skip(1));
        self.distances.extend(self.rows.iter().skip(1).zip(pairs).map(|(row, (before, number))| {
            let expected = weights.predict(*row);
            let change = number.wrapping_sub(*before);
            weights.learn(*row, expected, change);
            change.wrapping_sub(nearest(expected))
        }));
        let origin = values.first().copied().unwrap_or(0);
        Head { kind, middle: 0, step, origin }
    }
}

fn in_bytes(cost: u64) -> usize {
    usize::try_from(cost / (8 * 256)).unwrap_or(usize::MAX)
}

/// Replaces `rows` by the others, side by side.
fn fill(rows: &mut Vec<[f64; OTHERS_MAX]>, others: &[&[i64]], kind: u8, count: usize) {
    rows.clear();
    rows.resize(count, [0.0; OTHERS_MAX]);
    for (place, other) in others.iter().take(OTHERS_MAX).enumerate() {
        let mut before = other.first().copied().unwrap_or(0);
        for (row, now) in rows.iter_mut().zip(*other) {
            if let Some(column) = row.get_mut(place) {
                *column = if kind == LEVELS { *now } else { now.wrapping_sub(before) } as f64;
            }
            before = *now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wander(seed: u64, most: u64) -> impl Iterator<Item = i64> {
        let noise = std::iter::successors(Some(seed), |state| Some(state * 48_271 % 0x7fff_ffff)).skip(1);
        noise.scan(0, move |value, noise| {
            *value += (noise % (2 * most + 1)) as i64 - most as i64;
            Some(*value)
        })
    }

    fn coded(values: &[i64], others: &[&[i64]]) -> usize {
        let (mut out, mut back, mut room) = (vec![7], Vec::new(), Related::default());
        room.cost(values, others);
        room.encode(&mut out);
        // Another one reads it: nothing is left over from writing.
        Related::default().decode(&out[1..], values.len(), others, &mut back).unwrap();
        assert_eq!(back, values);
        out.len() - 1
    }

    #[test]
    fn what_follows_others_costs_little() {
        let (a, b): (Vec<i64>, Vec<i64>) = wander(1, 500).zip(wander(2, 500)).take(1440).unzip();
        let sum: Vec<i64> = a.iter().zip(&b).map(|(a, b)| (2 * a + b) / 10).collect();
        let (mut room, mut out) = (adaptive::Room::default(), Vec::new());
        room.encode(&sum, &mut out);
        let (alone, given) = (out.len(), coded(&sum, &[&a, &b]));
        assert!(given * 8 < alone, "{given} of {alone} bytes");
        let mut room = Related::default();
        let (alone_cost, given_cost) = (room.cost_alone(&sum), room.cost(&sum, &[&a, &b]));
        assert!(alone.abs_diff(alone_cost) * 20 < alone && given.abs_diff(given_cost) * 4 < given, "{alone_cost}, {given_cost}");
    }

    #[test]
    fn an_index_follows_its_power() {
        let power: Vec<i64> = wander(3, 40).map(|value| value.abs() + 700).take(1440).collect();
        let index: Vec<i64> = power
            .iter()
            .scan(0, |index, power| {
                *index += power;
                Some(*index / 60)
            })
            .collect();
        let (mut room, mut out) = (adaptive::Room::default(), Vec::new());
        room.encode(&index, &mut out);
        let given = coded(&index, &[&power]);
        assert!(given * 4 < out.len() * 3, "{given} of {} bytes", out.len());
    }

    #[test]
    fn others_that_do_not_fit_are_refused() {
        let values: Vec<i64> = wander(4, 9).take(50).collect();
        let (mut room, mut out) = (Related::default(), Vec::new());
        room.cost(&values, &[&values]);
        room.encode(&mut out);
        let decode = |bytes: &[u8], count, others: &[&[i64]]| Related::default().decode(bytes, count, others, &mut Vec::new());
        const BAD: Result<(), ChunkError> = Err(ChunkError::Malformed("values"));
        assert_eq!(decode(&out, 50, &[&values]), Ok(()));
        assert_eq!(decode(&out, 50, &[&values[1..]]), BAD);
        assert_eq!(decode(&out, 50, &[values.as_slice(); 4]), BAD);
        assert_eq!(decode(&out, 0, &[]), BAD);
        assert_eq!(decode(&[], 50, &[&values]), BAD);
        assert_eq!(decode(&[&out[..], &[1; 12]].concat(), 50, &[&values]), BAD);
        assert_eq!(decode(&[&[0xc0], &out[1..]].concat(), 50, &[&values]), BAD);
    }

    proptest! {
        #[test]
        fn anything_round_trips(rows in prop::collection::vec(any::<[i64; 4]>(), 1..200), narrow in 0u32..64, count in 0usize..=3) {
            let column = |n: usize| rows.iter().map(|row| row[n] >> narrow).collect::<Vec<i64>>();
            let (values, others) = (column(3), [column(0), column(1), column(2)]);
            let others: Vec<&[i64]> = others.iter().take(count).map(Vec::as_slice).collect();
            coded(&values, &others);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            coded(&sorted, &others);
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            rows in prop::collection::vec(any::<[i64; 3]>(), 0..200),
        ) {
            let [a, b, c] = [0, 1, 2].map(|n| rows.iter().map(|row| row[n]).collect::<Vec<i64>>());
            let mut values = Vec::new();
            let _ = Related::default().decode(&bytes, rows.len(), &[&a, &b, &c], &mut values);
            prop_assert!(values.len() <= rows.len());
        }
    }
}

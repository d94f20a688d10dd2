//! Numbers of records, which a window of a log is moved to.

/// Record numbers go from 0 to one less than this; the next one means *the newest*.
const NUMBERS: u16 = u16::MAX;

/// The record number before this one.
pub(super) const fn number_before(number: u16) -> u16 {
    match number {
        0 => NUMBERS - 1,
        number => number - 1,
    }
}

/// The number of the record `back` before this one.
pub(super) fn number_back(number: u16, back: u16) -> u16 {
    let number = i32::from(number) - i32::from(back);
    u16::try_from(number.rem_euclid(i32::from(NUMBERS))).unwrap_or(0)
}

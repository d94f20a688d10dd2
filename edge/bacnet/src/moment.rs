//! Local time, which is the only one that BACnet knows. Pure.

use crate::wire::tag::Moment;
use haubert_model::Timestamp;
use jiff::tz::TimeZone;

/// Date and time of day there.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> Option<Moment> {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(zone.clone());
    let part = |part: i8| u8::try_from(part).ok();
    Some(Moment {
        date: [
            u8::try_from(at.year() - 1900).ok()?,
            part(at.month())?,
            part(at.day())?,
            part(at.weekday().to_monday_one_offset())?,
        ],
        time: [part(at.hour())?, part(at.minute())?, part(at.second())?, u8::try_from(at.millisecond() / 10).ok()?],
    })
}

/// When it is that late there; the earlier one when the clock shows it twice.
pub(crate) fn instant(moment: Moment, zone: &TimeZone) -> Option<Timestamp> {
    let part = |part: u8| i8::try_from(part).ok();
    let ([year, month, day, _], [hour, minute, second, hundredths]) = (moment.date, moment.time);
    let date = jiff::civil::Date::new(i16::from(year) + 1900, part(month)?, part(day)?).ok()?;
    let time = jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, i32::from(hundredths) * 10_000_000).ok()?;
    Some(Timestamp(zone.to_ambiguous_timestamp(date.to_datetime(time)).earlier().ok()?.as_millisecond()))
}

/// Minutes that local time is behind UTC (clause 12.11.25), summer time left out as the property has it.
pub(crate) fn behind_utc(at: Timestamp, zone: &TimeZone) -> i16 {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.as_millis()) else { return 0 };
    let info = zone.to_offset_info(at);
    let summer = if info.dst().is_dst() { 3600 } else { 0 };
    i16::try_from((summer - info.offset().seconds()) / 60).unwrap_or(0)
}

/// Whether summer time holds.
pub(crate) fn is_summer(at: Timestamp, zone: &TimeZone) -> bool {
    jiff::Timestamp::from_millisecond(at.as_millis()).is_ok_and(|at| zone.to_offset_info(at).dst().is_dst())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_goes_there_and_back() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        // 2026-07-14 10:30:15.25 UTC, a Tuesday.
        let at = Timestamp(1_784_025_015_250);
        let moment = local(at, &paris).unwrap();
        assert_eq!(moment, Moment { date: [126, 7, 14, 2], time: [12, 30, 15, 25] });
        assert_eq!(instant(moment, &paris), Some(at));
        assert_eq!(behind_utc(at, &paris), -60);
        assert_eq!(instant(Moment { date: [255; 4], time: [255; 4] }, &paris), None);
    }
}

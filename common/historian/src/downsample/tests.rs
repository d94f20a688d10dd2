use super::*;
use haubert_model::Reason;
use proptest::prelude::*;

fn thinning(to: i64, max_points: usize) -> Thinning {
    Thinning { from: Timestamp(0), to: Timestamp(to), max_points, exponent: -1, max_gap_ms: Some(30_000) }
}

fn measured(at: i64, raw: i64) -> Sample {
    Sample::measured(Timestamp(at), raw, Reason::Measured)
}

#[test]
fn keeps_the_peak_and_the_mean() {
    let samples: Vec<Sample> = (0..60).map(|n| measured(n * 1000, if n == 30 { 1000 } else { 100 })).collect();
    let points = thin(&samples, thinning(60_000, 3));
    assert_eq!(points.len(), 2);
    assert_eq!(points[1].band, Some(Band { min: 10.0, mean: 13.0, max: 100.0 }));
    assert_eq!(points[0].band, Some(Band { min: 10.0, mean: 10.0, max: 10.0 }));
}

#[test]
fn a_gap_is_a_point_without_values() {
    let samples = [measured(0, 1), measured(10_000, 1), measured(200_000, 1), measured(205_000, 1)];
    let points = thin(&samples, thinning(210_000, 100));
    let gaps: Vec<i64> = points.iter().filter(|point| point.band.is_none()).map(|point| point.at.0).collect();
    assert_eq!(gaps, [15_000]);
    assert_eq!(points.len(), 5);
}

#[test]
fn sparse_samples_are_no_gaps_when_that_is_their_period() {
    let samples = [measured(0, 1), measured(20_000, 1), measured(40_000, 1)];
    assert_eq!(thin(&samples, thinning(60_000, 1000)).len(), 3);
}

#[test]
fn a_marked_gap_shows_and_taints() {
    let missing = |at| Sample::missing(Timestamp(at), Reason::NoAnswer);
    let points = thin(&[measured(0, 1), missing(500), missing(1000), measured(2000, 1)], thinning(3000, 5));
    assert_eq!(points.iter().map(|point| point.quality).collect::<Vec<_>>(), [Quality::Uncertain, Quality::Bad, Quality::Good]);
    assert!(points[1].band.is_none());
}

#[test]
fn nothing_known_is_one_gap() {
    let points = thin(&[], thinning(3_600_000, 10));
    assert_eq!(points.len(), 1);
    assert!(points[0].band.is_none());
}

proptest! {
    #[test]
    fn never_more_points_than_asked(
        mut samples in prop::collection::vec((0i64..100_000_000, any::<i64>(), any::<bool>()), 0..200),
        from in 0i64..50_000_000, span in 1i64..100_000_000, max_points in 4usize..300,
    ) {
        samples.sort_unstable();
        let samples: Vec<Sample> = samples.into_iter().map(|(at, raw, missing)| Sample { missing, ..measured(at, raw) }).collect();
        let points = thin(&samples, Thinning { from: Timestamp(from), to: Timestamp(from + span), ..thinning(0, max_points) });
        prop_assert!(points.len() <= max_points, "{} > {max_points}", points.len());
        prop_assert!(points.windows(2).all(|pair| pair[0].at < pair[1].at));
        for band in points.iter().filter_map(|point| point.band) {
            prop_assert!(band.min <= band.mean && band.mean <= band.max);
        }
    }
}

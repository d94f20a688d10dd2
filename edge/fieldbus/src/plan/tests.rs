use super::*;
use haubert_model::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

const fn held(start: u16, count: u16) -> Span {
    Span { table: Table::HoldingRegisters, start, count }
}

fn starts(plan: &Plan) -> Vec<(u16, u16)> {
    plan.requests.iter().map(|span| (span.start, span.count)).collect()
}

#[test]
fn neighbours_and_small_gaps_share_a_request() {
    let values = [held(10, 2), held(12, 2), held(17, 1), held(30, 2)];
    let limits = PlanLimits { gap: 3, ..PlanLimits::default() };
    assert_eq!(starts(&plan(&values, &limits, &RefusedRanges::default())), [(10, 8), (30, 2)]);
    let strict = PlanLimits { holes: vec![(15, 15)], ..limits };
    assert_eq!(starts(&plan(&values, &strict, &RefusedRanges::default())), [(10, 4), (17, 1), (30, 2)]);
}

#[test]
fn one_request_per_value_merges_nothing() {
    let values = [held(10, 2), held(12, 2), held(10, 2)];
    let limits = PlanLimits { one_request_per_value: true, ..PlanLimits::default() };
    assert_eq!(starts(&plan(&values, &limits, &RefusedRanges::default())), [(10, 2), (12, 2)]);
}

#[test]
fn ten_thousand_contiguous_floats_take_165_requests_or_fewer() {
    let values: Vec<Span> = (0..10_000).map(|at| held(at * 2, 2)).collect();
    let requests = plan(&values, &PlanLimits::default(), &RefusedRanges::default()).requests;
    assert!(requests.len() <= 165, "{}", requests.len());
}

#[test]
fn a_bad_register_among_sixty_is_found_in_few_refusals_and_the_rest_merges_again() {
    let values: Vec<Span> = (0..60).map(|at| held(at * 2, 2)).collect();
    for bad in [0u16, 37, 59] {
        let bad = held(bad * 2, 2);
        let (mut refused, mut refusals) = (RefusedRanges::default(), 0);
        let settled = loop {
            let now = plan(&values, &PlanLimits::default(), &refused);
            let Some(wrong) = now.requests.iter().find(|request| request.overlaps(&bad)) else { break now };
            refused.remember(*wrong, Timestamp(0));
            refusals += 1;
        };
        assert!(refusals <= 9, "{refusals} refusals");
        assert_eq!(refused.len(), 1);
        assert_eq!(settled.impossible, [bad]);
        assert!(settled.requests.len() <= 2, "{settled:?}");
    }
}

#[test]
fn the_gap_follows_the_line() {
    let line = |baud| LineSettings { baud, parity: haubert_modbus::rtu::Parity::Even, stop_bits: 1 };
    assert_eq!(worthwhile_gap(Some(&line(9600)), Duration::ZERO), 10);
    assert_eq!(worthwhile_gap(Some(&line(38_400)), Duration::ZERO), 12);
    assert_eq!(worthwhile_gap(Some(&line(115_200)), Duration::ZERO), 24);
    assert_eq!(worthwhile_gap(Some(&line(115_200)), Duration::from_millis(10)), 77);
}

#[test]
fn ten_thousand_floats_in_a_row_take_few_requests() {
    let floats: Vec<Span> = (0..10_000).map(|at| held(1000 + 2 * at, 2)).collect();
    let made = plan(&floats, &PlanLimits::default(), &RefusedRanges::default());
    assert_eq!((made.requests.len(), made.impossible.len()), (162, 0));
}

#[test]
fn absurd_settings_still_make_a_plan() {
    let limits = PlanLimits { max_registers: 0, gap: u16::MAX, ..PlanLimits::default() };
    let made = plan(&[held(65_535, 1), held(65_535, 2), held(0, 0)], &limits, &RefusedRanges::default());
    assert_eq!((starts(&made), made.impossible), (vec![(65_535, 1)], vec![held(65_535, 2)]));
}

fn any_span() -> impl Strategy<Value = Span> {
    (prop_oneof![Just(Table::HoldingRegisters), Just(Table::InputRegisters), Just(Table::Coils)], 0u16..60, 1u16..6)
        .prop_map(|(table, start, count)| Span { table, start, count })
}

fn any_limits() -> impl Strategy<Value = PlanLimits> {
    (4u16..40, 0u16..8, vec((0u16..70, 0u16..3), 0..4)).prop_map(|(max, gap, holes)| PlanLimits {
        max_registers: max,
        max_bits: max,
        gap,
        holes: holes.into_iter().map(|(first, length)| (first, first + length)).collect(),
        one_request_per_value: false,
    })
}

fn refused_of(spans: &[Span]) -> RefusedRanges {
    let mut refused = RefusedRanges::default();
    spans.iter().for_each(|span| refused.remember(*span, Timestamp(0)));
    refused
}

/// Whether one request may bring all of `group`, by the rules as written, not as implemented.
fn legal(group: &[Span], limits: &PlanLimits, refused: &RefusedRanges) -> Option<Span> {
    let table = group[0].table;
    let start = group.iter().map(|span| span.start).min().unwrap();
    let end = group.iter().map(Span::end).max().unwrap();
    let hull = Span { table, start, count: u16::try_from(end - u32::from(start)).unwrap() };
    let needed = |address: u32| group.iter().any(|span| (u32::from(span.start)..span.end()).contains(&address));
    let (mut longest, mut here) = (0, 0);
    for address in u32::from(start)..end {
        here = if needed(address) { 0 } else { here + 1 };
        longest = longest.max(here);
    }
    let in_hole =
        limits.holes.iter().any(|(first, last)| (*first..=*last).any(|at| (u32::from(start)..end).contains(&u32::from(at))));
    let ok = group.iter().all(|span| span.table == table)
        && hull.count <= limits.max_registers
        && longest <= limits.gap
        && !in_hole
        && !refused.forbids(&hull);
    ok.then_some(hull)
}

/// Fewest groups over all partitions of the set.
fn brute_force(values: &[Span], groups: &mut Vec<Vec<Span>>, limits: &PlanLimits, refused: &RefusedRanges) -> usize {
    let Some((first, rest)) = values.split_first() else {
        return if groups.iter().all(|group| legal(group, limits, refused).is_some()) { groups.len() } else { usize::MAX };
    };
    let mut fewest = usize::MAX;
    for at in 0..=groups.len() {
        if at == groups.len() {
            groups.push(vec![*first])
        } else {
            groups[at].push(*first)
        }
        fewest = fewest.min(brute_force(rest, groups, limits, refused));
        groups[at].pop();
        groups.retain(|group| !group.is_empty());
    }
    fewest
}

proptest! {
    #[test]
    fn every_value_is_read_once_within_limits(values in vec(any_span(), 0..30), limits in any_limits(), no in vec(any_span(), 0..4)) {
        let refused = refused_of(&no);
        let made = plan(&values, &limits, &refused);
        for request in &made.requests {
            prop_assert!(request.count <= limits.max_registers);
            prop_assert!(!limits.touches_hole(request.start, request.end()));
            prop_assert!(!refused.forbids(request));
            let wanted: Vec<Span> = values.iter().copied().filter(|value| request.contains(value)).collect();
            prop_assert!(!wanted.is_empty());
            prop_assert_eq!(legal(&wanted, &limits, &refused), Some(*request));
        }
        for value in &values {
            let bringing = made.requests.iter().filter(|request| request.contains(value)).count();
            let possible = legal(&[*value], &limits, &refused).is_some();
            prop_assert_eq!(bringing > 0, possible);
            prop_assert_eq!(made.impossible.contains(value), !possible);
        }
    }

    #[test]
    fn no_plan_is_shorter(values in vec(any_span(), 1..7), limits in any_limits(), no in vec(any_span(), 0..3)) {
        let refused = refused_of(&no);
        let made = plan(&values, &limits, &refused);
        let possible: Vec<Span> = values.iter().copied().filter(|value| !made.impossible.contains(value)).collect();
        prop_assert_eq!(made.requests.len(), brute_force(&possible, &mut Vec::new(), &limits, &refused));
    }
}

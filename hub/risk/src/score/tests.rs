use super::*;
use proptest::prelude::*;

fn measure(id: &str, theme: &str, importance: Importance, answer: Answer) -> Measure {
    Measure { id: id.to_owned(), theme: theme.to_owned(), importance, weight: 1, answer }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn the_worked_example() {
    use Importance::{Mandatory, Recommended};
    let mut measures = vec![
        measure("a", "t", Mandatory, Answer::Done(1.0)),
        measure("b", "t", Mandatory, Answer::Done(0.5)),
        measure("c", "t", Recommended, Answer::Done(1.0)),
    ];
    assert!(close(score(&measures).total.least, 75.0));
    measures[2].answer = Answer::Done(0.0);
    assert!(close(score(&measures).total.least, 45.0));
    measures[2].answer = Answer::Done(1.0);
    measures[1].answer = Answer::Unknown;
    let total = score(&measures).total;
    assert!(close(total.least, 50.0) && close(total.most, 100.0), "{total:?}");
    measures[1].answer = Answer::NotApplicable;
    assert!(close(score(&measures).total.least, 100.0));
    assert_eq!((score(&measures).measures, score(&measures).known), (2, 2));
}

#[test]
fn nothing_answered_is_nothing_known() {
    let total = score(&[]).total;
    assert_eq!((total.least, total.most), (0.0, 100.0));
    let unknown = [measure("a", "t", Importance::Mandatory, Answer::Unknown)];
    let total = score(&unknown).total;
    assert_eq!((total.least, total.most), (0.0, 100.0));
}

#[test]
fn what_is_indispensable_comes_first_and_what_rests_on_something_after_it() {
    use Importance::{Mandatory, Recommended};
    let measures = [
        measure("backup", "t", Mandatory, Answer::Done(0.0)),
        measure("restore", "t", Mandatory, Answer::Unknown),
        measure("policy", "t", Recommended, Answer::Done(0.0)),
        measure("ship", "t", Recommended, Answer::NotApplicable),
    ];
    let takes = BTreeMap::from([("restore".to_owned(), Gain { effort: 1, depends_on: vec!["backup".to_owned()] })]);
    let steps = next_steps(&measures, &takes, 6);
    let order: Vec<&str> = steps.iter().map(|step| step.measure.as_str()).collect();
    assert_eq!(order, ["backup", "restore", "policy"]);
    assert!(close(steps[0].points, 30.0) && close(steps[0].total, 30.0), "{steps:?}");
    assert!(close(steps[2].points, 0.0), "worth nothing yet, as long as what is indispensable is not begun");
    assert!(close(steps[2].total, 100.0));
}

#[test]
fn of_two_that_win_as_much_the_lighter_goes_first() {
    let measures = [
        measure("a", "t", Importance::Mandatory, Answer::Done(0.0)),
        measure("b", "t", Importance::Mandatory, Answer::Done(0.0)),
    ];
    let takes = BTreeMap::from([("a".to_owned(), Gain { effort: 4, depends_on: Vec::new() })]);
    assert_eq!(next_steps(&measures, &takes, 1)[0].measure, "b");
    assert_eq!(next_steps(&measures, &BTreeMap::new(), 1)[0].measure, "a");
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Unknown),
        Just(Answer::NotApplicable),
        (0u32..=6).prop_map(|sixths| Answer::Done(f64::from(sixths) / 6.0))
    ]
}

fn some_measures() -> impl Strategy<Value = Vec<Measure>> {
    let one = (0usize..3, 0usize..3, 1u32..4, answers());
    proptest::collection::vec(one, 1..24).prop_map(|rows| {
        let importances = [Importance::Mandatory, Importance::Recommended, Importance::NiceToHave];
        let row = |(at, (theme, importance, weight, answer)): (usize, (usize, usize, u32, Answer))| Measure {
            id: format!("m{at:02}"),
            theme: format!("t{theme}"),
            importance: importances[importance],
            weight,
            answer,
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

const SLACK: f64 = 1e-9;

proptest! {
    #[test]
    fn a_score_is_between_its_bounds_and_no_theme_is_above_what_is_indispensable_of_it(measures in some_measures()) {
        let found = score(&measures);
        prop_assert!(0.0 <= found.total.least && found.total.least <= found.total.most + SLACK && found.total.most <= 100.0 + SLACK);
        for theme in &found.themes {
            prop_assert!(theme.known <= theme.measures);
            if let Some(mandatory) = theme.mandatory {
                prop_assert!(theme.index.least <= mandatory.least + SLACK && theme.index.most <= mandatory.most + SLACK);
            }
        }
    }

    #[test]
    fn doing_more_of_a_measure_never_lowers_anything(measures in some_measures(), at in 0usize..24, to in 0u32..=6) {
        let at = at % measures.len();
        let to = f64::from(to) / 6.0;
        prop_assume!(measures[at].answer != Answer::NotApplicable && measures[at].answer.least() <= to);
        let mut after = measures.clone();
        after[at].answer = Answer::Done(to);
        let (before, after) = (score(&measures), score(&after));
        prop_assert!(after.total.least + SLACK >= before.total.least);
        for (before, after) in before.themes.iter().zip(&after.themes) {
            prop_assert!(after.index.least + SLACK >= before.index.least);
        }
        if measures[at].answer != Answer::Unknown {
            prop_assert!(after.total.most + SLACK >= before.total.most);
        }
    }

    #[test]
    fn what_is_unknown_counts_as_not_done_and_knowing_it_narrows_the_bounds(measures in some_measures(), at in 0usize..24, to in 0u32..=6) {
        let at = at % measures.len();
        let with = |answer| {
            let mut measures = measures.clone();
            measures[at].answer = answer;
            score(&measures).total
        };
        let (unknown, not_done, known) = (with(Answer::Unknown), with(Answer::Done(0.0)), with(Answer::Done(f64::from(to) / 6.0)));
        prop_assert_eq!(unknown.least, not_done.least);
        prop_assert!(unknown.least <= known.least + SLACK && known.most <= unknown.most + SLACK);
    }

    #[test]
    fn the_order_of_measures_does_not_matter(measures in some_measures(), turn in 0usize..24) {
        let mut turned = measures.clone();
        let by = turn % turned.len();
        turned.rotate_left(by);
        turned.reverse();
        prop_assert_eq!(score(&measures), score(&turned));
        prop_assert_eq!(next_steps(&measures, &BTreeMap::new(), 6), next_steps(&turned, &BTreeMap::new(), 6));
    }

    #[test]
    fn steps_win_and_all_of_them_lead_to_the_top(measures in some_measures()) {
        let steps = next_steps(&measures, &BTreeMap::new(), measures.len());
        let mut before = score(&measures).total.least;
        for step in &steps {
            prop_assert!(step.points >= 0.0 && step.total + SLACK >= before, "{:?}", steps);
            before = step.total;
        }
        if measures.iter().any(|measure| measure.answer != Answer::NotApplicable) {
            prop_assert!(close(before, 100.0), "{:?}", steps);
        }
    }
}

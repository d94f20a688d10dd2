use super::*;
use crate::answer::Answer;
use proptest::prelude::*;

fn entry(id: &str, exposure: u8, measures: &[&str]) -> EntryPoint {
    let measures = measures.iter().map(|measure| (*measure).to_owned()).collect();
    EntryPoint { id: id.to_owned(), name: id.to_owned(), way: Way::Wireless, exposure, measures }
}

fn place(id: &str, integrity: u8, entries: Vec<EntryPoint>) -> Place {
    let sensitivity = Criteria { integrity, ..Criteria::default() };
    Place { id: id.to_owned(), name: id.to_owned(), kind: PlaceKind::Edge, sensitivity, entries, next: Vec::new() }
}

fn declared(value: f64) -> Known {
    Known { declared: Answer::Done(value), proven: Answer::Unknown }
}

#[test]
fn the_worked_example() {
    let path =
        Path { places: vec![place("port", 4, vec![entry("usb", 1, &[])]), place("link", 4, vec![entry("radio", 3, &["a"])])] };
    path.check().unwrap();
    let view = path.view(|_| declared(0.5));
    assert_eq!((view.places[0].missing, view.places[1].missing), (4.0, 6.0));
    assert_eq!((view.places[0].ring, view.places[1].ring), (Ring::Weak, Ring::Weak));
    assert_eq!(view.weakest.as_deref(), Some("link"));
    let proven = path.view(|_| Known { declared: Answer::Done(1.0), proven: Answer::Done(1.0) });
    assert_eq!((proven.places[1].ring, proven.weakest.as_deref()), (Ring::Holds, Some("port")));
}

#[test]
fn what_is_unknown_is_shown_as_such_and_what_needs_nothing_is_left_alone() {
    let path = Path { places: vec![place("a", 4, vec![entry("x", 4, &["m"])]), place("b", 0, vec![entry("y", 4, &[])])] };
    let view = path.view(|_| Known::default());
    assert_eq!((view.places[0].ring, view.places[1].ring), (Ring::Unknown, Ring::Declared));
    assert_eq!(view.weakest.as_deref(), Some("a"));
    let nothing = Path { places: vec![place("c", 4, Vec::new())] }.view(|_| Known::default());
    assert_eq!((nothing.places[0].ring, nothing.weakest), (Ring::Unknown, None));
}

#[test]
fn what_does_not_hang_together_is_named() {
    let two = Path { places: vec![place("a", 1, vec![]), place("a", 1, vec![])] };
    assert_eq!(two.check().unwrap_err().at, "a");
    let mut lost = place("a", 1, vec![]);
    lost.next = vec!["z".to_owned()];
    assert!(Path { places: vec![lost] }.check().is_err());
    assert_eq!(Path { places: vec![place("a", 1, vec![entry("x", 5, &[])])] }.check().unwrap_err().at, "x");
    assert!(Path { places: vec![place("a", 5, vec![])] }.check().is_err());
}

proptest! {
    #[test]
    fn protecting_more_never_leaves_more_missing(sensitivity in 0u8..=4, exposure in 1u8..=4, from in 0u32..=6, more in 0u32..=6) {
        let path = Path { places: vec![place("a", sensitivity, vec![entry("x", exposure, &["m"])])] };
        let at = |sixths: u32| path.view(|_| declared(f64::from(sixths.min(6)) / 6.0)).places[0].clone();
        let (before, after) = (at(from), at(from + more));
        prop_assert!(after.missing <= before.missing && after.ring >= before.ring);
        prop_assert!(before.missing <= 16.0);
    }
}

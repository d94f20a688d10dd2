//! What a gateway says, held against what is kept.

use super::asset;
use super::enter::{Changes, Place, Said, changes};
use proptest::prelude::*;

fn place() -> Place {
    let text = str::to_owned;
    Place { gateway: text("g"), gateway_name: text("Poste A"), site: text("s"), organisation: text("o"), now: 7 }
}

fn said(device: &str, version: Option<&str>) -> Said {
    Said {
        device: device.to_owned(),
        name: format!("Device {device}"),
        kind: "ote.power-meter",
        make: Some("Socomec".to_owned()),
        model: None,
        version: version.map(str::to_owned),
        serial: None,
    }
}

fn hear(known: Vec<asset::Model>, all: &[Said]) -> Changes {
    let mut next = 0;
    changes(known, all, &place(), || {
        next += 1;
        format!("id{next}")
    })
}

/// What is kept after the changes.
fn kept(mut known: Vec<asset::Model>, changes: Changes) -> Vec<asset::Model> {
    for row in &mut known {
        if let Some(changed) = changes.changed.iter().find(|changed| changed.id == row.id) {
            row.clone_from(changed);
        }
        if changes.gone.contains(&row.id) {
            row.gone_at = Some(7);
        }
    }
    known.extend(changes.added);
    known
}

#[test]
fn what_is_no_longer_said_is_no_longer_known_and_what_people_said_stays() {
    let known = kept(Vec::new(), hear(Vec::new(), &[said("a", Some("1.0"))]));
    assert_eq!((known[0].version.as_str(), known[0].told.as_str()), ("1.0", "name site make version"));
    let people =
        asset::Model { model: "E34".to_owned(), owner: "Léa".to_owned(), zone_id: Some("z".to_owned()), ..known[0].clone() };
    let after = kept(vec![people], hear(known.clone(), &[]));
    assert_eq!((after[0].gone_at, after[0].owner.as_str()), (Some(7), "Léa"));
    let back = kept(after.clone(), hear(after, &[said("a", None)]));
    let row = &back[0];
    assert_eq!((row.gone_at, row.version.as_str(), row.model.as_str(), row.owner.as_str()), (None, "", "E34", "Léa"));
    assert_eq!(row.zone_id.as_deref(), Some("z"));
}

proptest! {
    #[test]
    fn hearing_the_same_again_changes_nothing(
        first in proptest::collection::vec(("[a-d]", proptest::option::of("[ 0-9.]{0,4}")), 0..8),
        then in proptest::collection::vec(("[a-d]", proptest::option::of("[ 0-9.]{0,4}")), 0..8),
    ) {
        let all = |list: &[(String, Option<String>)]| -> Vec<Said> {
            list.iter().map(|(device, version)| said(device, version.as_deref())).collect()
        };
        let (first, then) = (all(&first), all(&then));
        let known = kept(Vec::new(), hear(Vec::new(), &first));
        let mut known = kept(known.clone(), hear(known, &then));
        known.iter_mut().enumerate().for_each(|(at, row)| row.id = format!("k{at}"));
        prop_assert_eq!(hear(known.clone(), &then), Changes::default());
        for row in &known {
            let there = then.iter().any(|said| Some(&said.device) == row.device_id.as_ref());
            prop_assert_eq!(row.gone_at.is_none(), there);
        }
    }
}

//! Payloads → values, from the sample file beside each decoder; a field that no sample shows fails. Faults are well said, and no
//! bytes at all bring a decoder down.

use haubert_content::{About, Decoder, decoder_schema, embedded, embedded_decoders, parse_decoder};
use haubert_model::{Decimal, Quantity, Reason};
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    sample: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    note: String,
    port: u8,
    payload: String,
    #[serde(default)]
    left: usize,
    values: Vec<Value>,
    #[serde(default)]
    own: Vec<Own>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    #[serde(default = "one")]
    load: u8,
    quantity: Quantity,
    value: Option<String>,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    about: About,
    value: String,
}

const fn one() -> u8 {
    1
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/payload-decoders")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn same(one: Decimal, text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let other = Decimal::new(format!("{whole}{fraction}").parse().unwrap(), -i8::try_from(fraction.len()).unwrap());
    let exponent = one.exponent.min(other.exponent);
    one.rescaled(exponent).unwrap() == other.rescaled(exponent).unwrap()
}

#[test]
fn every_decoder_reads_its_samples() {
    for decoder in embedded_decoders().unwrap().iter() {
        let path = folder().join(format!("{}.samples.toml", decoder.id));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let samples: Samples = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut shown = BTreeSet::new();
        for sample in &samples.sample {
            let place = format!("{}, {:?}", decoder.id, sample.note);
            let decoded = decoder.decode(sample.port, &bytes(&sample.payload));
            assert_eq!(decoded.left, sample.left, "{place}: left");
            assert_eq!(decoded.measured.len(), sample.values.len(), "{place}: {decoded:?}");
            for value in &sample.values {
                let key = (value.load, value.quantity);
                let found = decoded.measured.iter().find(|one| (one.load, one.quantity) == key);
                let found = found.unwrap_or_else(|| panic!("{place}: no {key:?}")).value;
                match (&value.value, found) {
                    (Some(text), Ok(number)) => assert!(same(number, text), "{place}: {number:?} is not {text}"),
                    (None, Err(reason)) => assert_eq!(Some(reason), value.reason, "{place}"),
                    (expected, found) => panic!("{place}: expected {expected:?}, found {found:?}"),
                }
                shown.insert(value.quantity);
            }
            assert_eq!(decoded.own.len(), sample.own.len(), "{place}: {decoded:?}");
            for own in &sample.own {
                let found = decoded.own.iter().find(|one| one.about == own.about).unwrap();
                assert!(same(found.value, &own.value), "{place}: {found:?}");
            }
        }
        for quantity in Quantity::ALL.iter().filter(|quantity| decoder.measures(**quantity)) {
            assert!(shown.contains(quantity), "{}: no sample shows {quantity}", decoder.id);
        }
    }
}

#[test]
fn the_table_lists_what_ships() {
    let table = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let profiles = embedded().unwrap();
    for decoder in embedded_decoders().unwrap().iter() {
        assert!(table.contains(&format!("| `{}` |", decoder.id)), "{} has no row", decoder.id);
        assert!(profiles.get(&decoder.id).is_none(), "{} is a device profile too", decoder.id);
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let path = folder().join("schema.json");
    let fresh = decoder_schema();
    if std::env::var_os("HAUBERT_REWRITE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "{} is stale: run `make docs`", path.display());
}

const GOOD: &str = r#"vendor = "V"
model = "M"
source = "a document"
fluids = ["air"]
loads = 2
interval_minutes = 10

[[frames]]
order = "big"
fields = [
  { quantity = "temperature", at = 0, bytes = 2, number = "signed", scale = "0.1", unit = "°C" },
]

[[frames]]
ports = [9]
order = "little"
marked_by = "type"
elements = [
  { type = 1, length = 4, fields = [{ quantity = "volume", load = 2, bytes = 4, number = "float", unit = "m³" }] },
]
"#;

fn good() -> Decoder {
    parse_decoder("v/m.toml", GOOD).unwrap()
}

#[test]
fn faults_name_line_and_field() {
    good();
    for (from, to, begins) in [
        ("model = \"M\"", "modell = \"M\"", "v/m.toml:2: field `modell`: "),
        ("\"a document\"", "\" \"", "v/m.toml:3: field `source`: "),
        ("loads = 2", "loads = 65", "v/m.toml:5: field `loads`: "),
        ("minutes = 10", "minutes = 0", "v/m.toml:6: field `interval_minutes`: "),
        ("bytes = 2", "bytes = 9", "v/m.toml:11: field `bytes`: "),
        ("\"°C\"", "\"K\"", "v/m.toml:11: field `unit`: "),
        (", unit = \"°C\"", "", "v/m.toml:11: field `unit`: "),
        ("\"0.1\"", "\"0\"", "v/m.toml:11: field `scale`: "),
        ("number = \"signed\"", "mask = 0x10000", "v/m.toml:11: field `mask`: "),
        ("quantity = \"temperature\", at", "at", "v/m.toml:11: field `quantity`: "),
        ("length = 4", "length = 3", "v/m.toml:19: field `bytes`: "),
        ("load = 2", "load = 3", "v/m.toml:19: field `load`: "),
        ("type = 1, ", "type = 1, channel = 2, ", "v/m.toml:19: field `channel`: "),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let said = parse_decoder("v/m.toml", &GOOD.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(said.starts_with(begins), "{said}");
    }
    assert!(parse_decoder("V/m.toml", GOOD).is_err());
    assert!(parse_decoder("v/m.toml", &format!("{GOOD}#{}", "x".repeat(64 * 1024))).is_err());
}

#[test]
fn floats_that_are_no_numbers_say_so() {
    let decoder = parse_decoder("v/m.toml", &GOOD.replacen("order = \"big\"", "order = \"big\"\nports = [1]", 1)).unwrap();
    let read = |bits: u32| decoder.decode(9, &[&[1], bits.to_le_bytes().as_slice()].concat()).measured[0].value;
    assert_eq!(read(1.5f32.to_bits()), Ok(Decimal::new(1500, -3)));
    assert_eq!(read(f32::NAN.to_bits()), Err(Reason::NotANumber));
    assert_eq!(read(f32::MAX.to_bits()), Err(Reason::OutOfRange));
}

proptest! {
    #[test]
    fn any_payload_is_read_to_an_end(port in any::<u8>(), payload in proptest::collection::vec(any::<u8>(), 0..300)) {
        for decoder in embedded_decoders().unwrap().iter() {
            let decoded = decoder.decode(port, &payload);
            prop_assert!(decoded.left <= payload.len());
            prop_assert!(decoded.measured.len() <= payload.len() && decoded.own.len() <= 2);
            let keys: BTreeSet<_> = decoded.measured.iter().map(|one| (one.load, one.quantity)).collect();
            prop_assert_eq!(keys.len(), decoded.measured.len());
            prop_assert!(decoded.measured.iter().all(|one| (1..=decoder.loads).contains(&one.load)));
        }
    }
}

//! A wrong profile is a clear error that names file, line and field.

use haubert_content::{MAX_PROFILE_BYTES, load_dir, parse};

const GOOD: &str = r#"vendor = "V"
model = "M"
source = "a document"
fluids = ["electricity"]
channels = { count = 3, stride = 0x100 }
points = [
  { quantity = "frequency", address = 10, type = "u16", scale = "0.01", unit = "Hz" },
]
channel_points = [
  { quantity = "active_power_total", address = 0x1000, type = "s32", unit = "W" },
]
[limits]
holes = [[0x20, 0x2F]]
"#;

/// The error of the good profile with one text replaced.
fn error(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    parse("v/m.toml", &GOOD.replacen(from, to, 1)).expect_err(to).to_string()
}

#[test]
fn the_good_one_is_good() {
    let profile = parse("v/m.toml", GOOD).unwrap();
    assert_eq!(profile.id.as_str(), "v/m");
    assert_eq!(profile.points_for(None, 2).len(), 3);
    assert_eq!(profile.points_for(None, 0).len(), 4);
}

#[test]
fn syntax_and_type_faults_name_line_and_field() {
    for (from, to, begins, says) in [
        ("model = \"M\"", "model = ", "v/m.toml:2: ", ""),
        ("model = \"M\"", "modell = \"M\"", "v/m.toml:2: field `modell`: ", "unknown field"),
        ("address = 10", "adress = 10", "v/m.toml:7: field `adress`: ", "unknown field"),
        ("address = 10, ", "", "v/m.toml:7: field `address`: ", "missing field"),
        ("address = 10", "address = 70000", "v/m.toml:7: field `address`: ", "70000"),
        ("address = 10", "address = \"10\"", "v/m.toml:7: field `address`: ", "string"),
        ("type = \"u16\"", "type = \"u17\"", "v/m.toml:7: field `type`: ", "u17"),
        ("\"frequency\"", "\"frequenzy\"", "v/m.toml:7: field `quantity`: ", "frequenzy"),
        ("\"Hz\"", "\"hz\"", "v/m.toml:7: field `unit`: ", "hz"),
        ("count = 3", "count = 300", "v/m.toml:5: field `count`: ", "300"),
        ("source = \"a document\"\n", "", "v/m.toml:", "source"),
    ] {
        let error = error(from, to);
        assert!(error.starts_with(begins) && error.contains(says), "{to}: {error}");
        assert!(error.chars().count() < 400, "{error}");
    }
}

#[test]
fn semantic_faults_name_line_and_field() {
    for (from, to, begins) in [
        ("address = 0x1000", "address = 0xFFFF", "v/m.toml:10: field `address`: ends past register 65535"),
        ("address = 0x1000", "address = 0xFE00", "v/m.toml:10: field `address`: ends past register 65535 on channel 3"),
        ("address = 10", "address = 0x20", "v/m.toml:7: field `address`: lies in the hole 0x0020 to 0x002F"),
        ("[[0x20, 0x2F]]", "[[0x20, 0x2F], [0x2F, 0x30]]", "v/m.toml:13: field `holes`: overlaps"),
        ("[[0x20, 0x2F]]", "[[0x2F, 0x20]]", "v/m.toml:13: field `holes`: the first register"),
        ("[limits]", "[limits]\nmax_registers = 126", "v/m.toml:13: field `max_registers`: 126"),
        ("unit = \"Hz\"", "unit = \"V\"", "v/m.toml:7: field `unit`: frequency is kept in \"Hz\""),
        ("scale = \"0.01\"", "scale = \"1/100\"", "v/m.toml:7: field `scale`: "),
        ("scale = \"0.01\"", "scale = \"0\"", "v/m.toml:7: field `scale`: "),
        ("scale = \"0.01\"", "channel = 4", "v/m.toml:7: field `channel`: channel 4"),
        ("unit = \"W\"", "unit = \"W\", channel = 1", "v/m.toml:10: field `channel`: "),
        ("\"active_power_total\"", "\"frequency\"", "v/m.toml:10: field `unit`: "),
        (
            "unit = \"Hz\" },",
            "unit = \"Hz\" },\n { quantity = \"frequency\", address = 12, type = \"u16\", unit = \"Hz\" },",
            "v/m.toml:8: field `quantity`: frequency is stated twice",
        ),
        ("unit = \"Hz\"", "unit = \"Hz\", plausible = [70, 40]", "v/m.toml:7: field `plausible`: "),
        ("unit = \"Hz\"", "unit = \"Hz\", plausible = [nan, 40]", "v/m.toml:7: field `plausible`: "),
        ("unit = \"Hz\"", "unit = \"Hz\", rollover = 100", "v/m.toml:7: field `rollover`: "),
        ("unit = \"Hz\"", "unit = \"Hz\", absent = \"0x80000000\"", "v/m.toml:7: field `absent`: "),
        ("unit = \"Hz\"", "unit = \"Hz\", tables = [3, 2]", "v/m.toml:7: field `tables`: "),
        (
            "unit = \"W\"",
            "unit = \"W\", plus = { address = 0x1004, type = \"f32\", scale = \"1\" }",
            "v/m.toml:10: field `plus`: ",
        ),
        ("count = 3", "count = 0", "v/m.toml:5: field `count`: "),
        ("stride = 0x100", "stride = 0", "v/m.toml:5: field `stride`: "),
        ("stride = 0x100", "stride = 0x100, in_use = 0xFF00", "v/m.toml:5: field `in_use`: ends past"),
        ("[\"electricity\"]", "[]", "v/m.toml:4: field `fluids`: "),
        ("\"a document\"", "\" \"", "v/m.toml:3: field `source`: "),
        (
            "[limits]",
            "[sunspec]\nmodels = [203]\nlength = 105\n[limits]",
            "v/m.toml:10: field `address`: ends past the 105 registers",
        ),
    ] {
        let error = error(from, to);
        assert!(error.starts_with(begins), "{to}: {error}");
    }
}

#[test]
fn variants_by_table_version_stand_side_by_side() {
    let two = GOOD.replace(
        "unit = \"Hz\" },",
        "unit = \"Hz\", tables = [1, 9] },\n { quantity = \"frequency\", address = 12, type = \"u16\", unit = \"Hz\", tables = [10, 20] },",
    );
    let profile = parse("v/m.toml", &two).unwrap();
    let address = |version| profile.points_for(version, 1).iter().find(|p| p.quantity.code() == "frequency").map(|p| p.address);
    assert_eq!((address(Some(5)), address(Some(15)), address(Some(30))), (Some(10), Some(12), None));
    assert_eq!(address(None), Some(10));
}

#[test]
fn size_and_name_are_bounded() {
    let long = format!("{GOOD}#{}", "x".repeat(MAX_PROFILE_BYTES));
    assert!(parse("v/m.toml", &long).unwrap_err().to_string().contains("at most"));
    for (name, id) in [("/etc/haubert/v/m.toml", "v/m"), ("../m.toml", "m"), ("/home/Me/m.toml", "m"), ("m.toml", "m")] {
        assert_eq!(parse(name, GOOD).unwrap().id.as_str(), id);
    }
    for name in ["v/m.txt", "/v/M.toml", "V/m.toml", "a/b/c/d.toml", "v//m.toml", ".toml"] {
        assert!(parse(name, GOOD).unwrap_err().to_string().contains("named by"), "{name}");
    }
}

#[test]
fn a_folder_reports_every_fault_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("v")).unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("v/good.toml", GOOD.as_bytes());
    write("v/notes.txt", b"not a profile");
    assert_eq!(load_dir(folder.path()).unwrap().len(), 1);
    write("v/one.toml", b"vendor = 1");
    write("v/two.toml", GOOD.replace("\"Hz\"", "\"V\"").as_bytes());
    let error = load_dir(folder.path()).unwrap_err().to_string();
    assert!(error.contains("v/one.toml:1: field `vendor`") && error.contains("v/two.toml:7: field `unit`"), "{error}");
    write("v/two.toml", &[0xFF, 0xFE]);
    assert!(load_dir(folder.path()).unwrap_err().to_string().contains("not UTF-8"));
    assert!(load_dir(&folder.path().join("absent")).is_err());
}

/// Texts near to a profile, as a tired person or a damaged disk makes them.
mod damaged {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_damaged_profile_is_read_or_refused_in_a_line(at in 0..GOOD.len(), cut in 0..20usize, with in "[ -~\n]{0,6}") {
            let mut text = GOOD.to_owned();
            text.replace_range(at..(at + cut).min(GOOD.len()), &with);
            if let Err(error) = parse("v/m.toml", &text) {
                let error = error.to_string();
                prop_assert!(error.starts_with("v/m.toml:") && !error.contains('\n'), "{}", error);
            }
        }
    }
}

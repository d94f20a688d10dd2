//! The walls that the gateway builds around itself, tried from inside, and the unit that systemd builds.

use haubert_testkit::bin_dir;
use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Attempts that went otherwise than they must.
fn wrong_findings(sandboxed: bool) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let (config, data, foreign) = (dir.path().join("gateway.toml"), dir.path().join("data"), dir.path().join("foreign/file"));
    std::fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    std::fs::write(&foreign, "not the gateway's business").unwrap();
    std::fs::write(&config, format!("listen = \"127.0.0.1:8443\"\n[sandbox]\nenabled = {sandboxed}\n")).unwrap();
    // Free a moment ago, and nobody's to listen on but the one that was asked for.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = Command::new(bin_dir().join("haubert-gateway"))
        .arg("--config")
        .arg(&config)
        .arg("--data-dir")
        .arg(&data)
        .args(["sandbox-probe", "--foreign"])
        .arg(&foreign)
        .args(["--port", &port.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let findings: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(findings.len() >= 8, "{text}");
    let is_wrong = |finding: &&Value| finding["must_fail"] != finding["failed"];
    findings.iter().filter(is_wrong).map(|finding| finding["attempt"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_a_gateway_has_no_business_with_is_out_of_its_reach() {
    let wrong = wrong_findings(true);
    haubert_score::record(
        "30.walls",
        wrong.is_empty(),
        format!("{} attempts of the probe went otherwise than they must", wrong.len()),
    );
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn without_the_walls_the_same_attempts_succeed() {
    let wrong = wrong_findings(false);
    let attempts = ["read_foreign_file", "write_foreign_folder", "start_program", "listen_on_another_port"];
    let succeed = attempts.iter().filter(|attempt| wrong.iter().any(|it| it == *attempt)).count();
    let figure = format!("{succeed} of {} attempts succeed without the walls", attempts.len());
    haubert_score::record("30.walls-control", succeed == attempts.len(), figure);
    for attempt in attempts {
        assert!(wrong.iter().any(|it| it == attempt), "{attempt} fails even without walls: the probe proves nothing ({wrong:?})");
    }
}

/// systemd's own score: 0 is shut, 10 is open; "OK" ends at 5. The bar here is 1.5.
#[test]
fn the_units_leave_little_exposed() {
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    // Away from the drop-ins beside them, which open what some gateways need.
    let alone = tempfile::tempdir().unwrap();
    let (mut exposed, mut mute) = (Vec::new(), Vec::new());
    let units: Vec<String> = std::fs::read_dir(&packaging)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".service"))
        .collect();
    assert!(units.len() >= 3, "{units:?}");
    for unit in &units {
        let _bytes = std::fs::copy(packaging.join(unit), alone.path().join(unit)).unwrap();
        let run = |threshold: &str| {
            let arguments = ["security", "--offline=true", "--no-pager", "--threshold", threshold];
            Command::new("systemd-analyze").args(arguments).arg(alone.path().join(unit)).output().unwrap()
        };
        let output = run("15");
        if !output.status.success() {
            exposed.push(format!("{unit}: {}", String::from_utf8_lossy(&output.stdout)));
        }
        if run("1").status.success() {
            mute.push(unit);
        }
    }
    haubert_score::record("30.units", exposed.is_empty(), format!("{} of {} units above 1.5", exposed.len(), units.len()));
    assert_eq!(exposed, [""; 0]);
    assert!(mute.is_empty(), "the tool finds nothing to say at all of {mute:?}");
    // The control: the same unit without what shuts it in.
    let bare = alone.path().join("haubert-bare.service");
    std::fs::write(&bare, "[Service]\nExecStart=/usr/bin/true\n").unwrap();
    let arguments = ["security", "--offline=true", "--no-pager", "--threshold", "15"];
    let noticed = !Command::new("systemd-analyze").args(arguments).arg(&bare).output().unwrap().status.success();
    haubert_score::record("30.units-control", noticed, "a unit that shuts nothing in is above 1.5");
    assert!(noticed);
}

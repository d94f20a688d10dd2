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
    assert_eq!(wrong_findings(true), Vec::<String>::new());
}

#[test]
fn without_the_walls_the_same_attempts_succeed() {
    let wrong = wrong_findings(false);
    for attempt in ["read_foreign_file", "write_foreign_folder", "start_program", "listen_on_another_port"] {
        assert!(wrong.iter().any(|it| it == attempt), "{attempt} fails even without walls: the probe proves nothing ({wrong:?})");
    }
}

/// systemd's own score: 0 is shut, 10 is open; "OK" ends at 5. The bar here is 1.5.
#[test]
fn the_units_leave_little_exposed() {
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    // Away from the drop-ins beside them, which open what some gateways need.
    let alone = tempfile::tempdir().unwrap();
    for unit in ["haubert-gateway.service", "haubert-hub.service"] {
        std::fs::copy(packaging.join(unit), alone.path().join(unit)).unwrap();
        let run = |threshold: &str| {
            let arguments = ["security", "--offline=true", "--no-pager", "--threshold", threshold];
            Command::new("systemd-analyze").args(arguments).arg(alone.path().join(unit)).output().unwrap()
        };
        let output = run("15");
        assert!(output.status.success(), "{unit}: {}", String::from_utf8_lossy(&output.stdout));
        assert!(!run("1").status.success(), "{unit}: the tool finds nothing to say at all");
    }
}

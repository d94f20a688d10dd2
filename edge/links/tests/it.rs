//! The helper that writes the status, with tools that say what real ones do, and what the crate reads of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, missing_docs)]

use haubert_links::{IpsecConnection, Modem, Status, Tunnel, TunnelPeer};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the helper, and what poses as its tools, is made of beside the shell.
const NEEDED: [&str; 10] = ["awk", "cat", "chmod", "date", "mktemp", "mv", "rm", "sed", "sh", "tr"];

/// A folder with the needed programs and nothing else, and these tools.
fn tools(tools: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in NEEDED {
        let real = ["/usr/bin", "/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists()).unwrap();
        symlink(real, dir.path().join(name)).unwrap();
    }
    for (name, script) in tools {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    dir
}

/// What the helper writes with these tools, by this shell and this awk.
fn written(given: &[(&str, &str)], shell: &str, awk: &str) -> (Status, String) {
    let tools = tools(given);
    let own_awk = tools.path().join("awk");
    std::fs::remove_file(&own_awk).unwrap();
    symlink(awk, own_awk).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/haubert-link-status");
    let mut command = Command::new(shell);
    let output = command.arg(helper).arg(folder.path()).env("PATH", tools.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files, [folder.path().join("status.json")], "nothing else is left behind");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let status = Status::read(text.as_bytes());
    assert!(status.is_ok(), "{status:?}: {text}");
    (status.unwrap(), text)
}

/// Every shell and awk that this machine has.
fn every(mut each: impl FnMut(&str, &str)) {
    let have =
        |paths: &[&'static str]| -> Vec<&'static str> { paths.iter().copied().filter(|path| Path::new(path).exists()).collect() };
    for shell in have(&["/bin/sh", "/bin/dash", "/bin/bash"]) {
        for awk in have(&["/usr/bin/awk", "/usr/bin/mawk", "/usr/bin/gawk"]) {
            each(shell, awk);
        }
    }
}

const WG: &str = r#"case "$*" in
"show interfaces") echo "wg0 wg1" ;;
"show all latest-handshakes") printf 'wg0\tPEERKEYONE=\t1795000000\nwg0\tPEERKEYTWO=\t0\n' ;;
"show all endpoints") printf 'wg0\tPEERKEYONE=\t192.0.2.7:51820\nwg0\tPEERKEYTWO=\t(none)\n' ;;
*) printf 'wg0\tPRIVATEKEY=\n'; exit 1 ;;
esac
"#;

const SWANCTL: &str = r#"cat <<'END'
list-sa event {port {uniqueid=4 version=2 state=ESTABLISHED local-host=10.0.0.2 local-port=4500 local-id=C=FR, O=Port, CN=edge remote-host=198.51.100.9 remote-port=4500 remote-id=C=FR, CN=a } evil {state=ESTABLISHED child-sas {x {state=INSTALLED initiator=yes initiator-spi=3d1f0 responder-spi=9a2 encr-alg=AES_GCM_16 established=311 child-sas {port-4 {name=port uniqueid=4 reqid=1 state=INSTALLED mode=TUNNEL protocol=ESP spi-in=c1 local-ts=[10.1.0.0/16] remote-ts=[10.2.0.0/16]} port-5 {name=port uniqueid=5 reqid=1 state=REKEYED mode=TUNNEL}}}}
list-sa event {spare {uniqueid=5 version=2 state=CONNECTING local-host=10.0.0.2 local-port=500 local-id=%any remote-host=198.51.100.10 remote-port=500 remote-id=%any initiator=yes initiator-spi=77 responder-spi=00 child-sas {}}}
list-sas reply {}
END
"#;

const MMCLI: &str = r#"case "$*" in
"-L -K") printf 'modem-list.length   : 1\nmodem-list.value[1] : /org/freedesktop/ModemManager1/Modem/0\n' ;;
*) cat <<'END'
modem.generic.device-identifier                 : 1c435eb6
modem.generic.equipment-identifier              : 353000000000001
modem.generic.ports.length                      : 3
modem.generic.ports.value[1]                    : cdc-wdm0 (mbim)
modem.generic.ports.value[2]                    : ttyUSB2 (at)
modem.generic.ports.value[3]                    : wwan0 (net)
modem.generic.state                             : connected
modem.generic.access-technologies.length        : 1
modem.generic.access-technologies.value[1]      : lte
modem.generic.signal-quality.value              : 67
modem.3gpp.imei                                 : 353000000000001
modem.3gpp.operator-name                        : Opérateur "A\B"
END
;;
esac
"#;

#[test]
fn the_helper_tells_what_the_tools_say_and_no_key() {
    let peer = |endpoint: Option<&str>, latest_handshake| TunnelPeer { endpoint: endpoint.map(str::to_owned), latest_handshake };
    let connection = |name: &str, state: &str, installed, remote: &str| IpsecConnection {
        name: name.to_owned(),
        state: state.to_owned(),
        installed,
        remote: Some(remote.to_owned()),
    };
    every(|shell, awk| {
        let (status, text) = written(&[("wg", WG), ("swanctl", SWANCTL), ("mmcli", MMCLI)], shell, awk);
        let heard = vec![peer(Some("192.0.2.7:51820"), 1_795_000_000), peer(None, 0)];
        let tunnel = |interface: &str, peers| Tunnel { interface: interface.to_owned(), peers };
        assert_eq!(status.tunnels(), [tunnel("wg0", heard), tunnel("wg1", Vec::new())], "{shell} {awk}");
        let expected =
            [connection("port", "ESTABLISHED", 1, "198.51.100.9"), connection("spare", "CONNECTING", 0, "198.51.100.10")];
        assert_eq!(status.connections(), expected, "{shell} {awk}");
        let modem = Modem {
            interfaces: vec!["wwan0".to_owned()],
            state: "connected".to_owned(),
            operator: Some("Opérateur \"A\\B\"".to_owned()),
            technology: Some("lte".to_owned()),
            signal_percent: Some(67),
        };
        assert_eq!(status.modems(), [modem], "{shell} {awk}");
        assert!(!text.contains("KEY") && !text.contains("3530000") && !text.contains("1c435eb6"), "{text}");
        assert!(status.written_at > 1_700_000_000);
    });
}

#[test]
fn what_is_not_installed_or_fails_is_not_known() {
    every(|shell, awk| {
        let (status, _) = written(&[], shell, awk);
        assert_eq!((status.wireguard, status.ipsec, status.modems), (None, None, None), "{shell} {awk}");
        let broken = "echo half; exit 1\n";
        let (status, _) = written(&[("wg", broken), ("swanctl", broken), ("mmcli", broken)], shell, awk);
        assert_eq!((status.wireguard, status.ipsec, status.modems), (None, None, None), "{shell} {awk}");
        let (status, _) = written(&[("wg", "exit 0\n"), ("swanctl", "echo 'list-sas reply {}'\n")], shell, awk);
        assert_eq!((status.wireguard, status.ipsec), (Some(Vec::new()), Some(Vec::new())), "{shell} {awk}");
    });
}

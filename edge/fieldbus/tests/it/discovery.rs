//! Finding devices.

use crate::support::*;
use haubert_content::ProfileId;
use haubert_fieldbus::{Discovery, DiscoverySettings, Found, Gates, IdentifiedBy, Line, Progress, ProgressState, Urgency};
use haubert_modbus::ExceptionCode;
use std::time::Duration;

fn search(line: Line) -> DiscoverySettings {
    DiscoverySettings { line, hosts: Vec::new(), first_unit: 1, last_unit: 247, timeout: Duration::from_secs(5) }
}

async fn finished(discovery: &Discovery) -> Progress {
    let mut progress = discovery.progress();
    let done = progress.wait_for(|progress| progress.state != ProgressState::Running);
    tokio::time::timeout(BOUND, done).await.unwrap().unwrap().clone()
}

fn socomec(name: &str, table_version: u16) -> Unit {
    let mut unit = Unit::with(&[(50_000, 0x53), (50_001, 0x4F), (50_002, 0x43), (50_003, 0x4F)]);
    let numbers = [400, 1, table_version, 153, 2415, 7, 1234, 0, 0];
    unit.put(&(50_004..).zip(numbers).collect::<Vec<_>>());
    unit.put(&(50_018..).zip([1, 5, 3, 745]).collect::<Vec<_>>());
    unit.put_text(50_042, "SOCOMEC", 8);
    unit.put_text(50_050, "DIRIS", 8);
    unit.put_text(50_058, name, 8);
    unit
}

fn sunspec() -> Unit {
    let mut unit = Unit::with(&[(40_000, 0x5375), (40_001, 0x6E53), (40_002, 1), (40_003, 66)]);
    unit.put(&(40_004..40_070).map(|at| (at, 0)).collect::<Vec<_>>());
    unit.put_text(40_004, "Haubert", 16);
    unit.put_text(40_020, "Sun meter", 16);
    unit.put_text(40_044, "2.1", 8);
    unit.put_text(40_052, "S-77", 16);
    unit.put(&[(40_070, 203), (40_071, 105), (40_177, 0xFFFF), (40_178, 0)]);
    unit
}

fn one(found: &[Found], unit: u8) -> &Found {
    found.iter().find(|found| found.unit == unit).expect("this unit was found")
}

#[tokio::test]
async fn the_tree_below_a_gateway_is_found_with_loads_and_names() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.world().strangers = Some(ExceptionCode::GatewayPathUnavailable);
    let mut b30 = socomec("DIRIS B-30", 153);
    for load in 0..4u16 {
        b30.put(&[(0x4800 + 0x800 * load, u16::from(load < 3))]);
        b30.put_text(0xB600 + 0x10 * load, ["Crane 1", "Crane 2", "Reefers", "-"][usize::from(load)], 16);
    }
    peer.unit(3, b30).unit(4, socomec("COUNTIS E34", 200)).unit(5, socomec("Unheard-of 9", 1)).unit(9, sunspec());
    peer.unit(17, Unit { objects: vec![(0, b"Test".to_vec()), (1, b"METER X".to_vec()), (2, b"v3".to_vec())], ..meter() });
    peer.unit(247, Unit::with(&[(0, 7), (1, 7)]));
    let discovery = Discovery::start(search(peer.line()), catalogue(), Gates::default(), None);
    let progress = finished(&discovery).await;
    assert_eq!((progress.state, progress.probed, progress.total, progress.error), (ProgressState::Done, 247, 247, None));
    let found = progress.found;
    assert_eq!(found.iter().map(|found| found.unit).collect::<Vec<_>>(), [3, 4, 5, 9, 17, 247]);
    let b30 = one(&found, 3);
    assert_eq!(b30.by, IdentifiedBy::IdentificationBlock);
    assert_eq!((b30.profile_id.clone(), b30.channels), (Some(ProfileId::new("socomec/diris-b30")), 3));
    assert_eq!(b30.load_names, ["Crane 1", "Crane 2", "Reefers"]);
    assert_eq!(b30.identity.version.as_deref(), Some("1.5.3.745"));
    assert_eq!((b30.identity.product.as_deref(), b30.identity.table_version), (Some("DIRIS B-30"), Some(153)));
    assert_eq!(one(&found, 4).profile_id, Some(ProfileId::new("socomec/countis-e3x")));
    assert_eq!((one(&found, 5).profile_id.clone(), one(&found, 5).by), (None, IdentifiedBy::IdentificationBlock));
    let sun = one(&found, 9);
    assert_eq!(
        (sun.by, sun.base, sun.profile_id.clone()),
        (IdentifiedBy::SunSpec, Some(40_070), Some(ProfileId::new("sunspec/meter-203")))
    );
    assert_eq!((sun.identity.vendor.as_deref(), sun.identity.serial.as_deref()), (Some("Haubert"), Some("S-77")));
    assert_eq!((one(&found, 17).by, one(&found, 17).profile_id.clone()), (IdentifiedBy::Modbus4314, Some(ProfileId::new(METER))));
    assert_eq!(one(&found, 247).by, IdentifiedBy::Answers);
    assert!(!peer.world().pipelined);
}

#[tokio::test]
async fn a_device_that_ignores_unit_ids_is_one_device() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.world().ignores_units = true;
    peer.unit(1, socomec("COUNTIS E34", 200));
    let progress = finished(&Discovery::start(search(peer.line()), catalogue(), Gates::default(), None)).await;
    assert_eq!((progress.found.len(), progress.probed, progress.state), (1, 247, ProgressState::Done));
}

#[tokio::test]
async fn a_range_of_hosts_is_searched_side_by_side() {
    let peer = Peer::start(Framing::Tcp).await;
    peer.world().strangers = Some(ExceptionCode::GatewayTargetFailed);
    peer.unit(2, socomec("COUNTIS E34", 200));
    let hosts = (1..=40).map(|host| format!("127.0.0.{host}")).collect();
    let settings = DiscoverySettings { hosts, last_unit: 3, ..search(peer.line()) };
    let progress = finished(&Discovery::start(settings, catalogue(), Gates::default(), None)).await;
    assert_eq!((progress.state, progress.total, progress.probed), (ProgressState::Done, 120, 120));
    let Line::Tcp { host, .. } = &progress.found[0].line else { panic!("a TCP line") };
    assert_eq!((progress.found.len(), host.as_str()), (1, "127.0.0.1"));
}

#[tokio::test]
async fn nobody_there_is_a_failure_that_names_the_line() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let line = Line::Tcp { host: "127.0.0.1".to_owned(), port };
    let progress = finished(&Discovery::start(search(line), catalogue(), Gates::default(), None)).await;
    assert_eq!((progress.state, progress.probed), (ProgressState::Failed, 247));
    assert!(progress.error.unwrap().contains(&port.to_string()));
}

#[tokio::test]
async fn a_search_can_be_cancelled() {
    let peer = Peer::start(Framing::Tcp).await;
    let discovery = Discovery::start(
        DiscoverySettings { timeout: Duration::from_secs(60), ..search(peer.line()) },
        catalogue(),
        Gates::default(),
        None,
    );
    while peer.world().log.is_empty() {
        tokio::task::yield_now().await;
    }
    discovery.cancel();
    assert_eq!(finished(&discovery).await.state, ProgressState::Cancelled);
}

#[tokio::test]
async fn a_running_bus_is_searched_through_itself() {
    let peer = Peer::start(Framing::Rtu).await;
    peer.unit(1, meter()).unit(6, socomec("COUNTIS E34", 200));
    let mut running = Running::start(settings(peer.line(), 2000, 5), vec![device(1, METER)], catalogue());
    running.round_with(1, all_good).await;
    let settings = DiscoverySettings { last_unit: 8, timeout: Duration::from_millis(100), ..search(peer.line()) };
    let discovery = Discovery::start(settings, catalogue(), Gates::default(), Some(running.bus.line(Urgency::Probe)));
    let mut progress = discovery.progress();
    let (mut rounds, mut during) = (0, 0);
    while progress.borrow_and_update().state == ProgressState::Running {
        tokio::select! {
            readings = running.round(1) => {
                assert_never_wrong(&readings);
                rounds += 1;
                during += usize::from(all_good(&readings));
            }
            changed = progress.changed() => changed.unwrap(),
        }
    }
    let found = progress.borrow().found.clone();
    assert_eq!(one(&found, 6).profile_id, Some(ProfileId::new("socomec/countis-e3x")));
    assert!(during >= 2, "{during} of {rounds} rounds while searching");
    let world = peer.world();
    assert_eq!((world.connections, world.pipelined), (1, false));
}

//! The scenes that ship start whole, and every device is what it says it is.

use crate::wire::{FROZEN, Master};
use haubert_content::{TextLayout, embedded};
use haubert_modbus::{Request, Response, Table};
use haubert_model::{DeviceIdentity, Fluid, Quantity as Q, Usage};
use haubert_plant::scene::BusKind;
use haubert_plant::{Plant, PlantOptions, Scene};
use std::collections::BTreeSet;
use std::path::Path;

/// What a gateway would take the device for.
async fn recognised(master: &mut Master, unit: u8) -> Option<String> {
    let catalogue = embedded().unwrap();
    let holding = Table::HoldingRegisters;
    if let Ok(block) = master.read(unit, holding, 50_000, 66).await {
        assert_eq!(&block[..4], [0x53, 0x4F, 0x43, 0x4F]);
        assert_eq!(TextLayout::TwoPerWord.decode(&block[42..50]), "SOCOMEC");
        let name = TextLayout::TwoPerWord.decode(&block[58..66]);
        return catalogue.identify_socomec(&name, block[6]).map(|profile| profile.id.to_string());
    }
    if let Ok(Response::DeviceId { objects, .. }) = master.ask(unit, &Request::ReadDeviceId { level: 1, object: 0 }).await {
        let text =
            |id: u8| objects.iter().find(|(other, _)| *other == id).map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap());
        let identity = DeviceIdentity { vendor: text(0), product: text(1), version: text(2), ..DeviceIdentity::default() };
        assert_eq!(objects.len(), 3);
        return catalogue.identify_modbus(&identity).map(|profile| profile.id.to_string());
    }
    if let Ok(start) = master.read(unit, holding, 40_000, 4).await {
        assert_eq!(start, [0x5375, 0x6E53, 1, 66]);
        let mut models = Vec::new();
        let mut at = 40_002;
        loop {
            let [model, length] = master.read(unit, holding, at, 2).await.unwrap()[..] else { panic!() };
            if model == 0xFFFF {
                break;
            }
            assert_eq!(
                master.read(unit, holding, at, length + 2).await.map(|words| words.len()).unwrap_or(125),
                usize::from(length + 2).min(125)
            );
            models.push(model);
            at += length + 2;
        }
        return catalogue.identify_sunspec(&models).map(|profile| profile.id.to_string());
    }
    None
}

#[tokio::test]
async fn the_port_terminal_has_32_devices_on_three_kinds_of_bus() {
    let plant = Plant::start(Scene::named("port-terminal").unwrap(), PlantOptions::default()).await.unwrap();
    let buses = &plant.ready().buses;
    let devices: Vec<_> = buses.iter().flat_map(|bus| &bus.devices).collect();
    assert_eq!(devices.len(), 32);
    assert_eq!(buses.iter().map(|bus| bus.kind).collect::<BTreeSet<_>>().len(), 3);
    let loads = || devices.iter().flat_map(|device| &device.loads);
    for usage in [
        Usage::Cranes,
        Usage::Reefers,
        Usage::ShorePower,
        Usage::Offices,
        Usage::Production,
        Usage::Lighting,
        Usage::Charging,
        Usage::It,
        Usage::Process,
    ] {
        assert!(loads().any(|load| load.usage == usage), "{usage:?}");
    }
    assert!(loads().any(|load| load.fluid == Fluid::Water) && loads().any(|load| load.fluid == Fluid::Gas));

    let quay = buses.iter().find(|bus| bus.kind == BusKind::Tcp).unwrap();
    let mut master = Master::connect(plant.address(&quay.name).unwrap()).await;
    for device in &quay.devices {
        let readings = master.readings(device.unit, &device.profile).await;
        if device.fluid == Fluid::Electricity {
            assert!((200.0..250.0).contains(&readings.values[&(1, Q::VoltageL1)].unwrap().0.to_f64()), "{}", device.name);
        }
        // The other vendor's meter tells nobody who it is.
        let expected = (device.profile != "eastron/sdm630").then(|| device.profile.clone());
        assert_eq!(recognised(&mut master, device.unit).await, expected, "{}", device.name);
    }
    let mut in_use = Vec::new();
    for load in 0..4 {
        in_use.extend(master.read(3, Table::HoldingRegisters, 0x4800 + 0x800 * load, 1).await.unwrap());
    }
    assert_eq!(in_use, [1, 1, 1, 0], "the fourth load of the western cranes is not wired");
    let names = master.read(2, Table::HoldingRegisters, 0xB600, 16).await.unwrap();
    assert_eq!(TextLayout::TwoPerWord.decode(&names), "Portique P1");
    let names = master.read(2, Table::HoldingRegisters, 0xB630, 16).await.unwrap();
    assert_eq!(TextLayout::TwoPerWord.decode(&names), "Éclairage portiques");
}

#[tokio::test]
async fn the_large_scene_has_a_thousand_devices() {
    let plant = Plant::start(Scene::named("large").unwrap(), PlantOptions::default()).await.unwrap();
    let devices: Vec<_> =
        plant.ready().buses.iter().flat_map(|bus| bus.devices.iter().map(|device| (bus.name.clone(), device))).collect();
    assert_eq!(devices.len(), 1000);
    assert_eq!(devices.iter().map(|(_, device)| &device.serial).collect::<BTreeSet<_>>().len(), 1000, "serial numbers differ");
    for (bus, device) in devices.iter().step_by(97) {
        let mut master = Master::connect(plant.address(bus).unwrap()).await;
        let readings = master.readings(device.unit, &device.profile).await;
        assert!(readings.get(Q::Frequency) > 49.0, "{}", device.name);
    }
    assert_eq!(plant.stats().len(), 1000);
}

#[test]
fn scenes_that_cannot_be_are_refused_with_the_place() {
    let device = "[[bus.device]]\nunit = 1\nname = \"d\"\nprofile = \"socomec/countis-e3x\"\n";
    let bus = "[[bus]]\nname = \"b\"\nkind = \"tcp\"\n";
    let parse = |text: &str| Scene::parse("s", text, Path::new(".")).map(|_| ()).unwrap_err().to_string();
    for (text, says) in [
        (FROZEN.to_owned(), "0 buses"),
        (format!("{bus}{device}{device}"), "b/d: unit 1 is taken"),
        (format!("{bus}{device}{}", device.replace("unit = 1", "unit = 2")), "d: a device has a name of its own"),
        (format!("{bus}{}", device.replace("unit = 1", "unit = 248")), "not within 1 to 247"),
        (format!("{bus}{bus}"), "a name of its own"),
        (bus.replace("tcp", "serial"), "b: a serial bus has a baud rate"),
        (format!("{bus}baud = 5\n"), "300 to 1,000,000 baud"),
        (format!("speed = 0\n{bus}"), "speed must be"),
        (format!("{bus}{device}phases = 2\n"), "1 or 3 phases"),
        (format!("{bus}{device}nominal_kw = nan\n"), "sizes and indexes"),
        (format!("{bus}{device}nominl_kw = 1\n"), "unknown field `nominl_kw`"),
        (format!("{bus}{device}usage = \"crane\"\n"), "unknown variant `crane`"),
    ] {
        let error = parse(&text);
        assert!(error.contains(says), "{says}: {error}");
    }
    assert!(Scene::named("nowhere").unwrap_err().to_string().contains("port-terminal and large"));
}

#[tokio::test]
async fn a_profile_that_is_not_there_or_too_small_is_refused() {
    for (device, says) in [
        ("profile = \"nobody/nothing\"", "b/d: no device profile"),
        (
            "profile = \"socomec/countis-e3x\"\nload = [{ name = \"1\" }, { name = \"2\" }]",
            "b/d: 2 loads; socomec/countis-e3x has 1",
        ),
    ] {
        let text = format!("[[bus]]\nname = \"b\"\nkind = \"tcp\"\n[[bus.device]]\nunit = 1\nname = \"d\"\n{device}\n");
        let scene = Scene::parse("s", &text, Path::new(".")).unwrap();
        let error = Plant::start(scene, PlantOptions::default()).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

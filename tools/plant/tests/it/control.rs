//! The control channel, and what cannot be asked of it.

use crate::wire::{Master, one_device, start};
use haubert_modbus::Table;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

struct Control(BufReader<UnixStream>);

impl Control {
    async fn say(&mut self, line: &str) -> Value {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.0.read_line(&mut answer).await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

#[tokio::test]
async fn faults_time_and_figures_by_socket() {
    let plant = start(&one_device("socomec/countis-e3x", "").replace("name = \"d\"", "name = \"Portique P1\"")).await;
    let path = plant.ready().control.clone().unwrap();
    let mut control = Control(BufReader::new(UnixStream::connect(&path).await.unwrap()));
    let mut master = Master::connect(plant.address("b").unwrap()).await;
    let holding = Table::HoldingRegisters;

    assert_eq!(control.say("fault \"Portique P1\" exception 6").await["ok"], true);
    assert!(master.read(1, holding, 0xC558, 2).await.is_err());
    assert_eq!(control.say("clear \"Portique P1\"").await["ok"], true);
    assert_eq!(control.say("fault b/1 exception 6 times 1").await["ok"], true);
    assert!(master.read(1, holding, 0xC558, 2).await.is_err());
    assert!(master.read(1, holding, 0xC558, 2).await.is_ok());
    assert_eq!(control.say("clear").await["ok"], true);

    let stats = control.say("stats").await;
    assert_eq!((&stats["result"][0]["requests"], &stats["result"][0]["registers"]), (&3.into(), &2.into()));
    let values = control.say("values b/1").await;
    let volts = values["result"].as_array().unwrap().iter().find(|value| value["quantity"] == "voltage_l1").unwrap();
    assert!(volts["value"].as_f64().unwrap() > 200.0);
    let before = control.say("time").await["result"]["ms"].as_i64().unwrap();
    assert_eq!(control.say("advance 3600").await["result"]["ms"].as_i64().unwrap() - before, 3_600_000);
    assert!(control.say("help").await["result"].as_str().unwrap().contains("advance"));

    for wrong in [
        "",
        "dance",
        "fault",
        "fault b/1 broken",
        "fault b/9 silent",
        "fault b/1 wrong_crc",
        "advance -5",
        "values nobody",
        "fault b/1 silent times x",
    ] {
        let answer = control.say(wrong).await;
        assert!(answer["ok"] == false && !answer["error"].as_str().unwrap().is_empty(), "{wrong}: {answer}");
    }
    let long = "x".repeat(10_000);
    assert_eq!(control.say(&long).await["ok"], false);
    plant.shutdown().await;
    assert!(!path.exists());
}

//! One checklist of the Modbus specification, put to everything that answers by Modbus: the gateway over TCP and inside TLS, simulated
//! meters over a serial line and behind a converter (RTU over TCP).
//!
//! Source: *Modbus Application Protocol V1.1b3*, clauses 4.1, 6 and 7; *Modbus over Serial Line V1.02*, clause 2.

use crate::outlets::serving;
use crate::stage::{PASSWORD, SOON, client, gateway_serving, plant};
use haubert_modbus::rtu::{Progress, decode_response, encode};
use haubert_testkit::forge::{Flaw, Forge};
use haubert_testkit::{SECURITY_USER, policy, until};
use haubert_trust::{Identity, KeyPem, PeerTrust, TlsVersions, client_config};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// How frames travel.
enum Wire {
    /// With a header before the PDU: TCP, plain or inside TLS.
    Mbap(Box<dyn Stream>),
    /// With unit and checksum around it, through a converter.
    RtuOverTcp(TcpStream),
    /// The same on a serial line.
    Serial(File),
}

impl Wire {
    const fn is_rtu(&self) -> bool {
        !matches!(self, Self::Mbap(_))
    }

    /// Sends frames with these PDUs at once, then takes one answer's PDU.
    async fn ask(&mut self, requests: &[(u8, &[u8])]) -> Vec<u8> {
        let (_, asked) = requests.last().unwrap();
        match self {
            Self::Mbap(stream) => {
                let frames: Vec<u8> = (0u16..).zip(requests).flat_map(|(at, (unit, pdu))| mbap(at, *unit, pdu)).collect();
                stream.write_all(&frames).await.unwrap();
                stream.flush().await.unwrap();
                answer(stream).await.1
            }
            Self::RtuOverTcp(stream) => {
                let frames: Vec<u8> = requests.iter().flat_map(|(unit, pdu)| encode(*unit, pdu)).collect();
                stream.write_all(&frames).await.unwrap();
                let mut came = Vec::new();
                loop {
                    if let Some(pdu) = rtu(&came, asked[0]) {
                        return pdu;
                    }
                    assert!(stream.read_buf(&mut came).await.unwrap() > 0, "it ended after {came:02x?}");
                }
            }
            Self::Serial(port) => {
                let mut port = port.try_clone().unwrap();
                let function = asked[0];
                let frames: Vec<Vec<u8>> = requests.iter().map(|(unit, pdu)| encode(*unit, pdu)).collect();
                let exchange = move || {
                    let (mut came, mut bytes) = (Vec::new(), [0; 256]);
                    frames.iter().for_each(|frame| port.write_all(frame).unwrap());
                    loop {
                        if let Some(pdu) = rtu(&came, function) {
                            return pdu;
                        }
                        let count = port.read(&mut bytes).unwrap();
                        came.extend_from_slice(&bytes[..count]);
                    }
                };
                tokio::task::spawn_blocking(exchange).await.unwrap()
            }
        }
    }
}

fn mbap(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = (pdu.len() + 1) as u16;
    [&transaction.to_be_bytes()[..], &[0, 0], &length.to_be_bytes(), &[unit], pdu].concat()
}

async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> (u16, Vec<u8>) {
    let mut header = [0; 7];
    stream.read_exact(&mut header).await.unwrap();
    let mut pdu = vec![0; usize::from(u16::from_be_bytes([header[4], header[5]])) - 1];
    stream.read_exact(&mut pdu).await.unwrap();
    (u16::from_be_bytes([header[0], header[1]]), pdu)
}

/// The PDU of a whole frame that answers this function.
fn rtu(bytes: &[u8], function: u8) -> Option<Vec<u8>> {
    match decode_response(bytes, function) {
        Progress::Frame { pdu, .. } => Some(pdu.to_vec()),
        Progress::NeedMore => None,
        other => panic!("{other:?}: {bytes:02x?}"),
    }
}

fn request(function: u8, address: u16, count: u16) -> Vec<u8> {
    [&[function][..], &address.to_be_bytes(), &count.to_be_bytes()].concat()
}

/// A write of `count` registers by FC 16, or coils by FC 15, with its byte count.
fn write(function: u8, address: u16, count: u16) -> Vec<u8> {
    let bytes = if function == 15 { usize::from(count).div_ceil(8) } else { usize::from(count) * 2 };
    [request(function, address, count), vec![bytes as u8], vec![0; bytes]].concat()
}

/// FC 23: reads so many registers, writes so many.
fn read_write(read: u16, written: u16) -> Vec<u8> {
    [request(23, 0, read), write(23, 0, written)[1..].to_vec()].concat()
}

/// What no server fulfils, and the exception for it where the function is served.
fn refusals() -> Vec<(&'static str, Vec<u8>, u8)> {
    vec![
        ("an unknown function", vec![0x41], 1),
        ("function 0", vec![0], 1),
        ("no coil", request(1, 0, 0), 3),
        ("2001 coils", request(1, 0, 2001), 3),
        ("2001 discrete inputs", request(2, 0, 2001), 3),
        ("no register", request(3, 0, 0), 3),
        ("126 registers", request(3, 0, 126), 3),
        ("126 input registers", request(4, 0, 126), 3),
        ("too many past the last address: the value is judged first", request(3, 0xFFFF, 126), 3),
        ("past the last address", request(3, 0xFFFF, 2), 2),
        ("a coil that is neither on nor off", request(5, 0, 0x1234), 3),
        ("1969 coils written", write(15, 0, 1969), 3),
        ("a byte count that is not that of the quantity", vec![16, 0, 0, 0, 2, 2, 0, 0], 3),
        ("a write past the last address", write(16, 0xFFFF, 2), 2),
        ("126 registers read while writing", read_write(126, 1), 3),
        ("another MEI type", vec![43, 13, 1, 0], 1),
        ("a level of identification that there is not", vec![43, 14, 5, 0], 3),
    ]
}

/// What only a header can frame: on a serial line it ends with silence, and is no frame.
fn misshapen() -> Vec<(&'static str, Vec<u8>, u8)> {
    vec![
        ("a request cut short", vec![3, 0, 0, 0], 3),
        ("a request with bytes left over", [request(3, 0, 1), vec![0]].concat(), 3),
        ("a function code alone", vec![3], 3),
        ("124 registers written", [request(16, 0, 124), vec![246], vec![0; 246]].concat(), 3),
        ("diagnostics, for serial lines only", vec![8, 0, 0, 0xAB, 0xCD], 1),
    ]
}

/// What answers, and what of it is known.
struct Served {
    unit: u8,
    /// Function codes that are served; of all others nothing more is looked at.
    functions: &'static [u8],
    /// A holding register that is there.
    register: u16,
}

async fn conforms(wire: &mut Wire, served: &Served) {
    let good = request(3, served.register, 1);
    let is_answer = |pdu: &[u8]| pdu.len() == 4 && pdu[..2] == [3, 2];
    let probes = refusals().into_iter().chain(if wire.is_rtu() { Vec::new() } else { misshapen() });
    for (what, pdu, code) in probes {
        let code = if served.functions.contains(&pdu[0]) { code } else { 1 };
        assert_eq!(wire.ask(&[(served.unit, &pdu)]).await, [pdu[0] | 0x80, code], "{what}");
        assert!(is_answer(&wire.ask(&[(served.unit, &good)]).await), "it goes on after {what}");
    }
    if wire.is_rtu() {
        // Nobody answers a broadcast, nor for another unit: the first answer is to what comes after.
        for (what, unit) in [("a broadcast", 0), ("another unit", 99)] {
            assert!(is_answer(&wire.ask(&[(unit, &request(4, 0, 126)), (served.unit, &good)]).await), "{what}");
        }
        let loopback = [8, 0, 0, 0xAB, 0xCD];
        assert_eq!(wire.ask(&[(served.unit, &loopback)]).await, loopback, "diagnostics");
    } else {
        let elsewhere = wire.ask(&[(99, &good)]).await;
        assert!(elsewhere == [0x83, 0x0A] || elsewhere == [0x83, 0x0B], "{elsewhere:?}");
    }
}

/// Five requests at once, five answers in their order.
async fn pipelined(stream: &mut Box<dyn Stream>, served: &Served) {
    let ask = |transaction| mbap(transaction, served.unit, &request(3, served.register, 1));
    stream.write_all(&(100..105).flat_map(ask).collect::<Vec<u8>>()).await.unwrap();
    stream.flush().await.unwrap();
    for transaction in 100..105 {
        assert_eq!(answer(stream).await.0, transaction);
    }
}

const GATEWAY: Served = Served { unit: 255, functions: &[1, 2, 3, 4, 43], register: 0 };

#[tokio::test]
async fn the_gateway_conforms_over_tcp_and_inside_tls() {
    let gateway = gateway_serving().await;
    let security = client(&gateway.program);
    security.sign_in(SECURITY_USER, PASSWORD).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let forge = Forge::new(dir.path()).unwrap();
    let authority = json!({"pem": forge.authority_pem().unwrap()});
    security.post("/certificates/trust/modbus/authorities", authority).await.unwrap();
    for service in ["modbus_server", "modbus_secured"] {
        policy::switch(&security, service, true).await.unwrap();
    }
    let settings = json!({"enabled": true, "secured": true, "route": false, "units": [], "writes": []});
    gateway.api.put("/outlets/modbus", settings).await.unwrap();
    let plain = TcpStream::connect(("127.0.0.1", serving(&gateway.api).await)).await.unwrap();

    forge.master("master", None, Flaw::None).unwrap();
    let key = KeyPem::open(&dir.path().join("master.key")).unwrap();
    let identity = Identity { chain_pem: forge.read("master.pem").unwrap(), key };
    let ca = std::fs::read_to_string(gateway.program.ready_text("ca_file")).unwrap();
    let config = client_config(&PeerTrust::from_pem(&ca).unwrap(), Some(&identity), TlsVersions::Tls13).unwrap();
    let secured = until("the secured server serves", SOON, || async {
        let view: Value = gateway.api.get("/outlets/modbus").await.ok()?;
        let address = view["secured"]["address"].as_str().filter(|_| view["secured"]["state"] == "open")?.to_owned();
        TcpStream::connect(address).await.ok()
    });
    let name = ServerName::try_from("localhost").unwrap();
    let tls = TlsConnector::from(Arc::new(config)).connect(name, secured.await.unwrap()).await.unwrap();

    for (what, stream) in [("plain", Box::new(plain) as Box<dyn Stream>), ("inside TLS", Box::new(tls))] {
        println!("{what}");
        let mut wire = Wire::Mbap(stream);
        conforms(&mut wire, &GATEWAY).await;
        let Wire::Mbap(mut stream) = wire else { return };
        pipelined(&mut stream, &GATEWAY).await;
    }
}

/// The same of the simulated meters, on which the masters are tried.
#[tokio::test]
async fn simulated_meters_conform_over_tcp_on_a_serial_line_and_behind_a_converter() {
    let bus = |name: &str, more: &str| {
        format!(
            "[[bus]]\nname = \"{name}\"\n{more}\n[[bus.device]]\nunit = 1\nname = \"{name}\"\nprofile = \"socomec/countis-e3x\"\n"
        )
    };
    let scene = [
        bus("tcp", "kind = \"tcp\""),
        bus("converter", "kind = \"rtu_over_tcp\"\nbaud = 115200"),
        bus("line", "kind = \"serial\"\nbaud = 115200\nparity = \"even\"\nstop_bits = 1"),
    ];
    let plant = plant(&scene.concat()).await;
    let meter = |functions| Served { unit: 1, functions, register: 0xC558 };
    let port = |name: &str| plant.bus(name)["port"].as_u64().unwrap() as u16;
    let tcp = TcpStream::connect(("127.0.0.1", port("tcp"))).await.unwrap();
    let mut wire = Wire::Mbap(Box::new(tcp));
    conforms(&mut wire, &meter(&[3, 4, 16])).await;
    let Wire::Mbap(mut stream) = wire else { return };
    pipelined(&mut stream, &meter(&[3, 4, 16])).await;
    let converter = TcpStream::connect(("127.0.0.1", port("converter"))).await.unwrap();
    conforms(&mut Wire::RtuOverTcp(converter), &meter(&[3, 4, 8, 16])).await;
    let path = plant.bus("line")["path"].as_str().unwrap().to_owned();
    let line = File::options().read(true).write(true).open(path).unwrap();
    conforms(&mut Wire::Serial(line), &meter(&[3, 4, 8, 16])).await;
}

//! A meter that knows what it said: every answer carries another number, so that a sample that is lost, doubled, late or made up shows.

use bytes::BytesMut;
use haubert_modbus::tcp::{self, Mbap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A Modbus TCP device on loopback whose answers a function makes, byte by byte; ends when dropped.
#[derive(Debug)]
pub struct Served {
    /// TCP port on loopback.
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Served {
    /// Answers each request (header and PDU) with the bytes that `answer` gives, whatever they are; with none, the connection ends.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(answer: impl Fn(Mbap, &[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    // A master that goes away is no trouble of the device's.
                    let _gone = converse(stream, answer.as_ref()).await;
                });
            }
        });
        Ok(Self { port, task })
    }
}

/// Makes the bytes of an answer from a request's header and PDU.
type Answer = dyn Fn(Mbap, &[u8]) -> Option<Vec<u8>> + Send + Sync;

async fn converse(mut stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::new();
    loop {
        while let Ok(Some((header, pdu))) = tcp::decode(&mut buffer) {
            let Some(bytes) = answer(header, &pdu) else { return Ok(()) };
            stream.write_all(&bytes).await?;
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// Numbers given out: the unit that was asked, by number.
type Said = Arc<Mutex<Vec<u8>>>;

/// Meters (any unit) all of whose registers show the number of the request, as 32 bits from each even address.
#[derive(Debug)]
pub struct Witness {
    served: Served,
    said: Said,
}

/// Quantities that a witness shows, kept as trends without asking.
const QUANTITIES: [(&str, &str); 16] = [
    ("active_power_total", "W"),
    ("reactive_power_total", "var"),
    ("apparent_power_total", "VA"),
    ("voltage_l1", "V"),
    ("voltage_l2", "V"),
    ("voltage_l3", "V"),
    ("voltage_l1_l2", "V"),
    ("voltage_l2_l3", "V"),
    ("voltage_l3_l1", "V"),
    ("current_l1", "A"),
    ("current_l2", "A"),
    ("current_l3", "A"),
    ("current_neutral", "A"),
    ("frequency", "Hz"),
    ("temperature", "°C"),
    ("active_energy_import", "Wh"),
];

impl Witness {
    /// Profile id of a witness, once [`Witness::profile`] lies in the folder of profiles as `haubert/witness.toml`.
    pub const PROFILE: &'static str = "haubert/witness";

    /// Starts one.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let said: Said = Arc::default();
        let spoken = Arc::clone(&said);
        let served = Served::start(move |header, pdu| {
            let &[function @ (3 | 4), _, low, _, count] = pdu else { return Some(tcp::encode(header, &[0x83, 1])) };
            let number = {
                let mut spoken = spoken.lock().unwrap_or_else(PoisonError::into_inner);
                spoken.push(header.unit);
                spoken.len() as u32
            };
            let mut answer = vec![function, count.wrapping_mul(2)];
            for address in (u16::from(low)..).take(count.into()) {
                let word = if address.is_multiple_of(2) { number >> 16 } else { number & 0xFFFF } as u16;
                answer.extend(word.to_be_bytes());
            }
            Some(tcp::encode(header, &answer))
        })
        .await?;
        Ok(Self { served, said })
    }

    /// TCP port on loopback.
    pub const fn port(&self) -> u16 {
        self.served.port
    }

    /// The unit that was told this number.
    pub fn told(&self, number: u64) -> Option<u8> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        usize::try_from(number).ok()?.checked_sub(1).and_then(|at| said.get(at).copied())
    }

    /// Its device profile.
    pub fn profile() -> String {
        let points: String = (0..)
            .step_by(2)
            .zip(QUANTITIES)
            .map(|(address, (quantity, unit))| {
                format!("  {{ quantity = \"{quantity}\", address = {address}, type = \"u32\", unit = \"{unit}\" }},\n")
            })
            .collect();
        format!(
            "vendor = \"Haubert\"\nmodel = \"Witness\"\nfamily = \"test\"\nsource = \"Haubert's own, for tests.\"\nverified = true\n\
             fluids = [\"electricity\"]\npoints = [\n{points}]\n"
        )
    }
}

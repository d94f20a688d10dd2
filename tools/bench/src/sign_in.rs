//! Whether the time of a refused sign-in tells which names exist.

use crate::gateway::{Gateway, PASSWORD};
use crate::report::{Claim, Section, Table, number, percentile};
use haubert_testkit::{Api, SECURITY_USER};
use reqwest::Client;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// Tries of each kind that are timed.
const TRIES: u32 = 1_000;
/// Tries before, which are not.
const WARM: u32 = 20;
/// How far the medians may be apart, in percent.
const BAR: f64 = 5.0;

/// A name that somebody has, with a wrong password; one that nobody has; and one that is locked out, which is refused before
/// anything is checked, as a door would that looks up the name first.
const KNOWN: usize = 0;
const UNKNOWN: usize = 1;
const UNCHECKED: usize = 2;

/// Measures.
pub(crate) async fn measure() -> Result<Section, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut gateway = Gateway::start(dir.path(), "").await?;
    let keeper = gateway.client()?;
    keeper.sign_in(SECURITY_USER, PASSWORD).await?;
    loosen(&keeper).await?;
    let (url, ca_file) = gateway.place()?;
    let pem = std::fs::read(&ca_file).map_err(|error| error.to_string())?;
    let trusted = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())?;
    let url = format!("{url}/api/v1/session");
    let mut times: [Vec<f64>; 3] = Default::default();
    for n in 0..TRIES + WARM {
        // Each turn from an address of its own: there, nobody is locked out yet.
        let from = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + n);
        let client = client(&trusted, from)?;
        // The connection is made before anything is timed.
        let hello = client.get(url.replace("/session", "/setup")).send().await.map_err(|error| error.to_string())?;
        hello.bytes().await.map_err(|error| error.to_string())?;
        let somebody = if n % 4 < 2 { "bench" } else { SECURITY_USER };
        let nobody = format!("nobody-{n}");
        let mut tries = [(KNOWN, somebody), (UNKNOWN, nobody.as_str())];
        if n % 2 == 1 {
            tries.reverse();
        }
        let mut turn = [0.0; 3];
        for (kind, name) in tries {
            turn[kind] = attempt(&client, &url, name, 401).await?;
        }
        for _ in 0..2 {
            attempt(&client, &url, &nobody, 401).await?;
        }
        turn[UNCHECKED] = attempt(&client, &url, &nobody, 429).await?;
        if n >= WARM {
            times.iter_mut().zip(turn).for_each(|(times, time)| times.push(time));
        }
    }
    gateway.stop().await?;
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let [known, unknown, unchecked] = [KNOWN, UNKNOWN, UNCHECKED].map(|kind| percentile(&times[kind], 0.5));
    let apart = |one: f64| (one - known).abs() / known.max(1e-9) * 100.0;
    haubert_score::record("18.timing", apart(unknown) < BAR, format!("medians of {TRIES} {} % apart", number(apart(unknown))));
    haubert_score::record(
        "18.unchecked",
        apart(unchecked) >= BAR,
        format!("medians of {TRIES} {} % apart", number(apart(unchecked))),
    );
    let mut table = Table::new(&["who is tried", "median, ms", "95th percentile, ms"]);
    for (times, name) in
        times.iter().zip(["a name that somebody has", "a name that nobody has", "refused without a check (control)"])
    {
        table.row([name.to_owned(), number(percentile(times, 0.5)), number(percentile(times, 0.95))]);
    }
    Ok(Section {
        id: "sign-in",
        title: "Sign-in",
        about: format!(
            "{TRIES} refused sign-ins of each kind at the real gateway, over HTTPS on a connection that is open already, the two kinds in \
             turns and each turn from an address of its own, so that the lock-out is not what is timed."
        ),
        claims: vec![
            Claim::at_most("medians of known and unknown names apart", apart(unknown), BAR, "%"),
            Claim::at_least("the control: medians of names that are checked and that are not apart", apart(unchecked), BAR, "%"),
        ],
        tables: vec![table],
        notes: Vec::new(),
    })
}

/// Lets so many tries from everywhere be counted without locking the accounts.
async fn loosen(keeper: &Api) -> Result<(), String> {
    let mut rules = keeper.get("/access-rules").await?;
    rules["lockout"]["account_tries"] = json!(1_000);
    let body = json!({"passwords": rules["passwords"], "lockout": rules["lockout"], "sessions": rules["sessions"],
        "second_factor_for": rules["second_factor_for"], "notice": rules["notice"]});
    keeper.put("/access-rules", body).await.map(|_| ())
}

fn client(trusted: &[reqwest::Certificate], from: Ipv4Addr) -> Result<Client, String> {
    let builder = Client::builder().tls_certs_only(trusted.to_vec()).timeout(Duration::from_secs(30));
    builder.local_address(IpAddr::V4(from)).build().map_err(|error| error.to_string())
}

/// Milliseconds of one refused sign-in.
async fn attempt(client: &Client, url: &str, user: &str, wanted: u16) -> Result<f64, String> {
    let body = json!({"user": user, "password": "Wrong-Password-1"});
    let since = Instant::now();
    let answer = client.post(url).header("X-Haubert-Request", "1").json(&body).send().await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    answer.bytes().await.map_err(|error| error.to_string())?;
    let time = since.elapsed().as_secs_f64() * 1000.0;
    if status == wanted { Ok(time) } else { Err(format!("{user} was answered {status}")) }
}

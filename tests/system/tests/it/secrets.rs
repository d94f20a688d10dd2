//! What must not leave a program (scoreboard, lines 20, 21 and 25): no secret in the binaries, none where the machine shows what a
//! process is and does, no memory left behind by one that breaks, and cookies that only its own pages get.

use crate::stage::{self, PASSWORD, SOON, client};
use haubert_testkit::{Program, bin_dir, until};
use reqwest::Method;
use serde_json::json;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

const PROGRAMS: [&str; 2] = ["haubert-gateway", "haubert-hub"];

/// Texts of key-like shape that are none: the published vectors of the self-test.
fn vectors() -> Vec<String> {
    let source = include_str!("../../../../common/trust/src/self_test.rs");
    let is_vector = |text: &&str| text.len() >= 16 && text.bytes().all(|byte| is_hex(&byte));
    source.split('"').filter(is_vector).map(str::to_owned).collect()
}

const fn is_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// What a program loads as data: the segments that are loaded and not run. Names of symbols and lines are not among them.
fn data_of(elf: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize, bytes: usize| elf[at..at + bytes].iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let (first, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let segments = (0..count).map(|n| (first + n * size) as usize);
    const LOAD: u64 = 1;
    const RUN: u64 = 1;
    let data = segments.filter(|at| number(*at, 4) == LOAD && number(at + 4, 4) & RUN == 0);
    data.map(|at| (number(at + 8, 8) as usize, number(at + 32, 8) as usize))
        .map(|(from, bytes)| &elf[from..from + bytes])
        .collect()
}

/// Bits that a character of this text carries, by how often each is there (Shannon).
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let share = |count: &u32| f64::from(*count) / text.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// Whether so many characters could be written by chance only: in base64, kinds of characters change all the time, which names and
/// words that stand close do not.
fn is_random(text: &[u8]) -> bool {
    let of = |test: fn(&u8) -> bool| text.iter().filter(|byte| test(byte)).count();
    let (lower, upper, digits) = (of(u8::is_ascii_lowercase), of(u8::is_ascii_uppercase), of(u8::is_ascii_digit));
    if text.iter().all(is_hex) {
        return lower >= 4 && digits >= 8 && entropy(text) > 3.0;
    }
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_lowercase());
    let changes = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphanumeric) && kind(&pair[0]) != kind(&pair[1]);
    lower >= 8 && upper >= 8 && digits >= 2 && text.windows(2).filter(changes).count() >= 17 && entropy(text) > 4.5
}

/// Places of the runs of these characters, at least so long.
fn runs(bytes: &[u8], least: usize, belongs: impl Fn(&u8) -> bool) -> Vec<(usize, &[u8])> {
    let mut found = Vec::new();
    let mut start = 0;
    for run in bytes.split(|byte| !belongs(byte)) {
        if run.len() >= least {
            found.push((start, run));
        }
        start += run.len() + 1;
    }
    found
}

/// Whether a hexadecimal text after these bytes says what was compiled: the commit of the compiler, or the source of SQLite (which
/// comes after its time).
fn names_a_source(before: &[u8]) -> bool {
    let is_time =
        |text: &[u8]| text.iter().zip(b"00:00:00 ").all(|(byte, form)| byte == form || (*form == b'0' && byte.is_ascii_digit()));
    before.ends_with(b"/rustc/") || (before.len() >= 9 && is_time(&before[before.len() - 9..]))
}

/// Blots out the figures in names that stand close in tables of what is compiled in: words with a size (`I16x8`, `Imm16`, `Sha512`:
/// instructions, algorithms), and the names of dingbats (`a125a158a174`). What is left of them is plainly no key.
fn blot_names(bytes: &mut [u8]) {
    const SIZES: [&[u8]; 10] = [b"25519", b"128", b"256", b"384", b"512", b"16", b"31", b"32", b"64", b"8"];
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let lower = if rest[0].is_ascii_uppercase() {
            rest[1..].iter().take(7).take_while(|byte| byte.is_ascii_lowercase()).count()
        } else {
            0
        };
        let sized = SIZES.iter().find_map(|size| {
            let end = 1 + lower + size.len();
            let fits = rest[0].is_ascii_uppercase() && rest[1 + lower..].starts_with(size);
            let lanes = if fits && rest[end..].starts_with(b"x") { digits(&rest[end + 1..]) } else { 0 };
            // A lone 8 is too little to tell a name by.
            let tells = fits && (lanes > 0 || size.len() > 1);
            tells.then_some(if lanes > 0 { end + 1 + lanes } else { end })
        });
        let (mut dingbats, mut count) = (0, 0);
        while rest[dingbats..].starts_with(b"a") && (1..=3).contains(&digits(&rest[dingbats + 1..])) {
            (dingbats, count) = (dingbats + 1 + digits(&rest[dingbats + 1..]), count + 1);
        }
        let name = sized.unwrap_or(if count >= 3 { dingbats } else { 0 });
        bytes[at..at + name].iter_mut().filter(|byte| byte.is_ascii_digit()).for_each(|byte| *byte = b'a');
        at += name.max(1);
    }
}

/// Texts in these bytes that are shaped like a secret: long in hexadecimal or base64 and as good as random, the hash of a password,
/// a private key in PEM with its body.
fn suspicious(bytes: &[u8]) -> Vec<String> {
    const HEX: usize = 32;
    const BASE64: usize = 40;
    let mut found = Vec::new();
    let mut plain = bytes.to_vec();
    blot_names(&mut plain);
    for (at, run) in runs(&plain, HEX, is_hex) {
        let random = run.windows(HEX).find(|window| is_random(window));
        found.extend(random.filter(|_| !names_a_source(&bytes[..at])).map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    for (_, run) in runs(&plain, BASE64, |byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte)) {
        let random = run.windows(BASE64).find(|window| !window.iter().all(is_hex) && is_random(window));
        found.extend(random.map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    let text = String::from_utf8_lossy(bytes);
    // The parameters alone are what the program hashes with; salt and hash after them are somebody's password.
    let is_hash = |rest: &&str| {
        rest.splitn(4, '$').nth(3).is_some_and(|hash| hash.len() >= 20 && hash.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    found.extend(text.split("$argon2id$v=").skip(1).filter(is_hash).map(|rest| rest.chars().take(60).collect()));
    let is_body = |rest: &&str| rest.trim_start_matches(['\r', '\n', '\0']).starts_with("MI");
    found.extend(text.split("PRIVATE KEY-----").skip(1).filter(is_body).map(|rest| rest.chars().take(20).collect()));
    found
}

/// The data of a program, with the known texts blotted out.
fn data_of_program(name: &str) -> Vec<u8> {
    let mut data = data_of(&std::fs::read(bin_dir().join(name)).unwrap()).concat();
    for vector in vectors() {
        let mut from = 0;
        while let Some(at) = data[from..].windows(vector.len()).position(|window| window == vector.as_bytes()) {
            data[from + at..from + at + vector.len()].fill(0);
            from += at;
        }
    }
    data
}

/// Whatever looks like a secret in the programs is known: no key, no password, no token.
#[test]
fn the_program_carries_no_default_secret() {
    let (mut found, mut bytes) = (Vec::new(), 0);
    for name in PROGRAMS {
        let data = data_of_program(name);
        bytes += data.len();
        found.extend(suspicious(&data).into_iter().map(|text| format!("{name}: {text}")));
        // The lists of passwords to refuse are in the programs; pairs of name and password, and those of tests, are not.
        let defaults = ["admin:admin", "root:root", PASSWORD];
        let is_there = |default: &&&str| data.windows(default.len()).any(|window| window == default.as_bytes());
        found.extend(defaults.iter().filter(is_there).map(|default| format!("{name}: {default}")));
    }
    let figure = format!("{} secrets in {bytes} bytes of data of {}", found.len(), PROGRAMS.join(" and "));
    haubert_score::record("20.binary", found.is_empty(), figure);
    assert!(found.is_empty() && bytes > 1_000_000, "{bytes} {found:#?}");

    // Planted in a copy, each kind is found.
    let copy = data_of_program(PROGRAMS[0]);
    let planted = [
        "\0d8a1f3b07c6e49525b0e9a4417f3c2d6\0",
        "\0u8Zt0qLw3nVbY5rXc9KfH2sJ7dGm1PaE4iToQkRzWyU\0",
        "\0$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$RdescudvJCsgt3ub\0",
        "\0-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\0",
    ];
    let is_found = |plant: &&&str| {
        const AROUND: usize = 1 << 20;
        let mut part = copy[copy.len() / 2..][..AROUND].to_vec();
        part[AROUND / 2..][..plant.len()].copy_from_slice(plant.as_bytes());
        !suspicious(&part).is_empty()
    };
    let seen = planted.iter().filter(is_found).count();
    haubert_score::record(
        "20.planted",
        seen == planted.len(),
        format!("{seen} of {} planted keys and hashes found", planted.len()),
    );
    assert_eq!(seen, planted.len());
}

/// A script that starts a program as a careless service would: memory dumps allowed, as another user where the test may.
fn carelessly(dir: &Path, name: &str) -> PathBuf {
    let script = dir.join(format!("{name}.sh"));
    let program = bin_dir().join(name);
    let text = format!("#!/bin/sh\nulimit -c unlimited\ncd {}\nexec {AS_NOBODY}{} \"$@\"\n", dir.display(), program.display());
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    script
}

/// Root's processes look alike, dumpable or not: the program runs as somebody else.
const AS_NOBODY: &str = "$([ \"$(id -u)\" = 0 ] && echo setpriv --reuid=65534 --regid=65534 --clear-groups) ";

/// What of a process's memory others may get at: by a dump when it breaks, or by reading it as the same user.
fn open_memory(pid: u32) -> Vec<&'static str> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let own = std::fs::metadata(format!("/proc/{pid}/mem")).unwrap().uid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let uid: u32 =
        status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let mut open = Vec::new();
    open.extend((!core.contains(" 0 ")).then_some("core dump"));
    // The kernel gives what belongs to a process that may not be dumped to root.
    open.extend((own == uid).then_some("readable by its own user"));
    open
}

fn open_to_all(dir: &Path) {
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o777)).unwrap();
}

#[tokio::test]
async fn a_program_that_breaks_leaves_no_memory_behind() {
    let mut open = Vec::new();
    for name in PROGRAMS {
        let dir = tempfile::tempdir().unwrap();
        open_to_all(dir.path());
        let script = stage::text(&carelessly(dir.path(), name));
        let mut arguments = vec!["--data-dir".to_owned(), stage::text(&dir.path().join("data"))];
        arguments.extend(["--listen", "127.0.0.1:0"].map(str::to_owned));
        if name == "haubert-hub" {
            arguments.extend(["--link-listen", "127.0.0.1:0"].map(str::to_owned));
        }
        let mut program = Program::start(&script, name, dir.path(), &arguments).await.unwrap();
        let pid = program.pid().unwrap();
        open.extend(open_memory(pid).into_iter().map(|what| format!("{name}: {what}")));
        assert!(Command::new("kill").args(["-ABRT", &pid.to_string()]).status().unwrap().success());
        until("it is gone", SOON, || {
            let gone = !program.runs();
            async move { gone.then_some(()) }
        })
        .await
        .unwrap();
        let left = std::fs::read_dir(dir.path())
            .unwrap()
            .flatten()
            .filter(|file| file.file_name().to_string_lossy().starts_with("core"));
        open.extend(left.map(|file| format!("{name}: {}", file.path().display())));
    }
    haubert_score::record(
        "25.memory",
        open.is_empty(),
        format!("{} ways to the memory of gateway and hub, also when they break", open.len()),
    );

    let mut plain =
        Running(Command::new("sh").args(["-c", &format!("ulimit -c unlimited; exec {AS_NOBODY}sleep 600")]).spawn().unwrap());
    let ways = until("the control runs as itself", SOON, || {
        let ways = open_memory(plain.0.id());
        async move { (ways.len() == 2).then_some(ways) }
    })
    .await;
    haubert_score::record(
        "25.plain-program",
        ways.is_ok(),
        "a program without these precautions: dumped and read by its own user",
    );
    plain.0.kill().unwrap();
    assert!(open.is_empty(), "{open:?}");
    ways.unwrap();
}

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// A gateway and a hub go through everything that has to do with secrets; each place where the machine or an answer shows
/// something is searched for all of them (the testkit has learnt them from what passed).
#[tokio::test]
async fn no_secret_is_where_others_may_look() {
    let (mut gateway, mut hub) = (stage::gateway().await, stage::hub().await);
    let (_, enrolment) = stage::register(&hub.api).await;
    gateway.api.post("/hub-link/enrolment", stage::joining(&enrolment)).await.unwrap();
    let keeper = crate::people::keeper(&gateway.program).await;
    let _person = crate::people::person(&gateway.program, &keeper, "somebody", "user").await;
    keeper.post("/storage/recovery-key", json!({"password": PASSWORD})).await.unwrap();
    keeper.download("/backups/passphrase", json!({"passphrase": "Canary passphrase 9921", "history": true})).await.unwrap();
    keeper.post("/account/totp", json!({"password": PASSWORD})).await.ok();
    for server in [&gateway, &hub] {
        let stranger = client(&server.program);
        for body in [
            json!({"user": "ana", "password": "Canary-Wrong-Pass-9922"}),
            json!({"user": {"password": "Canary-Wrong-Pass-9923"}, "password": 7}),
            json!({"user": "Canary-Typed-As-Name-9924", "password": "x"}),
        ] {
            let answer = stranger.send(Method::POST, "/session", Some(&body)).await.unwrap();
            assert!(answer.status.is_client_error(), "{}", answer.text);
        }
    }
    // A password typed where the name belongs is the commonest of leaks.
    haubert_testkit::canary::know("Canary-Typed-As-Name-9924");
    let secrets = haubert_testkit::canary::count();
    let leaks = [gateway.program.leaks(), hub.program.leaks()].concat();
    haubert_score::record(
        "25.places",
        leaks.is_empty(),
        format!("{} of {secrets} secrets seen in logs, command lines, environments and refusals", leaks.len()),
    );
    assert!(leaks.is_empty(), "{leaks:?}");
    assert!(secrets > 10, "{secrets}");

    // A program that tells what it was given is caught.
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("leaky");
    let say = format!("print STDERR \"signing in with {PASSWORD}\\n\";");
    let serve = "open my $ready, '>', $ARGV[-1]; print $ready '{}'; close $ready; sleep 600;";
    std::fs::write(&script, format!("#!/usr/bin/perl\n{say}\n{serve}\n")).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let mut leaky = Program::start(&stage::text(&script), "leaky", dir.path(), &[]).await.unwrap();
    let in_log = leaky.leaks();
    let mut shown = Program::start(&stage::text(&script), "shown", dir.path(), &["--password".to_owned(), PASSWORD.to_owned()])
        .await
        .unwrap();
    let on_command_line = shown.leaks();
    let held = !in_log.is_empty() && on_command_line.len() > in_log.len();
    haubert_score::record(
        "25.leaky",
        held,
        "a program that logs its password, and one that has it on its command line: both caught",
    );
    assert!(held, "{in_log:?} {on_command_line:?}");
}

/// What a session's cookie lacks.
fn lacks(cookie: &str) -> Vec<&'static str> {
    let parts: Vec<&str> = cookie.split(';').map(str::trim).collect();
    let mut lacks: Vec<&str> =
        ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"].into_iter().filter(|part| !parts.contains(part)).collect();
    lacks.extend((!cookie.starts_with("__Host-")).then_some("__Host-"));
    lacks.extend(parts.iter().any(|part| part.starts_with("Domain")).then_some("no domain"));
    lacks
}

#[tokio::test]
async fn the_cookies_of_both_programs_go_nowhere_else() {
    let (gateway, hub) = (stage::gateway().await, stage::hub().await);
    let mut faults = Vec::new();
    let mut cookies = Vec::new();
    for server in [&gateway, &hub] {
        let sign_in = json!({"user": "ana", "password": PASSWORD});
        let answer = client(&server.program).send(Method::POST, "/session", Some(&sign_in)).await.unwrap();
        let [cookie] = answer.cookies.as_slice() else { panic!("{:?}", answer.cookies) };
        faults.extend(lacks(cookie));
        cookies.push(cookie.clone());
    }
    let held = faults.is_empty() && cookies.len() == 2;
    haubert_score::record("21.cookie", held, "Secure, HttpOnly, SameSite=Strict and the prefix __Host- at gateway and hub");
    let bare: Vec<String> =
        ["; Secure", "; HttpOnly", "; SameSite=Strict", "__Host-"].iter().map(|part| cookies[0].replace(part, "")).collect();
    let found = bare.iter().filter(|cookie| !lacks(cookie).is_empty()).count();
    haubert_score::record(
        "21.bare-cookie",
        found == bare.len(),
        format!("{found} of {} cookies without one of them found out", bare.len()),
    );
    assert!(held, "{faults:?}");
    assert_eq!(found, bare.len());
}

use super::*;

fn bundle(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    for (name, bytes) in entries {
        writer.add(name, bytes).unwrap();
    }
    writer.finish().unwrap()
}

fn sample() -> Vec<u8> {
    bundle(&[("metadata/1.root.json", b"{}"), ("targets/abc.program", &[7; 1500])])
}

fn code(bytes: &[u8]) -> &'static str {
    entries_of(bytes).unwrap_err().code()
}

/// A header whose sum fits, whatever else it says.
fn forged(name: &[u8], kind: u8, size: u64) -> [u8; BLOCK] {
    let mut block = header("x", size).unwrap();
    block[..100].fill(0);
    block[..name.len()].copy_from_slice(name);
    block[156] = kind;
    let total = format!("{:06o}\x00 ", sum(&block));
    block[148..156].copy_from_slice(total.as_bytes());
    block
}

/// The sample with `block` as the header of its second entry.
fn with_header(block: [u8; BLOCK]) -> Vec<u8> {
    let mut bytes = sample();
    bytes[1024..1536].copy_from_slice(&block);
    bytes
}

#[test]
fn what_is_written_is_read() {
    let found = entries_of(&sample()).unwrap();
    assert_eq!(found, [("metadata/1.root.json".to_owned(), 2), ("targets/abc.program".to_owned(), 1500)]);
}

#[test]
fn other_tar_programs_can_list_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bundle.tar");
    std::fs::write(&path, sample()).unwrap();
    let listed = std::process::Command::new("tar").arg("tf").arg(&path).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&listed.stdout).lines().collect::<Vec<_>>(),
        ["haubert-bundle", "metadata/1.root.json", "targets/abc.program", "checksum"]
    );
}

#[test]
fn every_flipped_bit_is_found() {
    let good = sample();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(entries_of(&bad).is_err(), "bit {bit} of byte {}", bit / 8);
    }
}

#[test]
fn every_truncation_is_found() {
    let good = sample();
    for len in 0..good.len() {
        assert!(entries_of(&good[..len]).is_err(), "{len} bytes");
    }
    assert_eq!(code(&good[..2000]), "update_truncated");
    let longer = [good.as_slice(), b"x"].concat();
    assert_eq!(code(&longer), "update_damaged");
}

#[test]
fn names_that_leave_their_folder_and_links_are_refused() {
    for name in
        ["../etc/passwd", "/etc/passwd", "metadata/../../x", "targets/a/b", "targets/.hidden", "targets/", "other", "targets/a b"]
    {
        assert_eq!(code(&with_header(forged(name.as_bytes(), b'0', 2))), "update_unsafe_name", "{name}");
    }
    for kind in [b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'L', b'x', b'g', 0] {
        assert_eq!(code(&with_header(forged(b"targets/a", kind, 2))), "update_unsafe_entry", "{kind}");
    }
    assert!(Writer::new(Vec::new()).unwrap().add("../x", b"").is_err());
}

#[test]
fn endless_sizes_and_counts_are_refused_before_they_are_read() {
    assert_eq!(code(&with_header(forged(b"metadata/1.root.json", b'0', MAX_METADATA + 1))), "update_too_large");
    assert_eq!(code(&with_header(forged(b"targets/x", b'0', MAX_BUNDLE))), "update_too_large");
    let names: Vec<String> = (0..=MAX_ENTRIES).map(|number| format!("targets/{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(code(&bundle(&many)), "update_too_large");
}

#[test]
fn other_files_are_not_bundles() {
    assert_eq!(code(&[0; 4096]), "update_not_a_bundle");
    assert_eq!(code(&[b'a'; 4096]), "update_not_a_bundle");
    assert_eq!(code(&sample()[1024..]), "update_not_a_bundle");
    assert_eq!(code(b""), "update_truncated");
    assert_eq!(code(&bundle(&[("targets/a", b"1"), ("targets/a", b"2")])), "update_damaged");
}

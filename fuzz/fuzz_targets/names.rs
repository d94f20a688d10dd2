//! Texts that devices keep in registers. Input: layout, then registers.
#![no_main]

use haubert_content::TextLayout;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((layout, bytes)) = data.split_first() else { return };
    let layout = if layout & 1 == 0 { TextLayout::OnePerWord } else { TextLayout::TwoPerWord };
    let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let text = layout.decode(&words);
    assert!(text.chars().count() <= 2 * words.len());
    assert!(!text.contains(char::is_control) && text.trim() == text);

    let room = u16::try_from(text.len()).unwrap_or(u16::MAX);
    let written = layout.encode(&text, room);
    assert_eq!(written.len(), usize::from(room));
    assert_eq!(layout.decode(&written), text);
    let cut = layout.decode(&layout.encode(&text, room / 3));
    assert!(text.starts_with(&cut), "{cut:?} is not the start of {text:?}");
});

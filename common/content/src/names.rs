//! Text in registers: names of loads, products and makers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How characters lie in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextLayout {
    /// One character in each register (Socomec `STRING_16`).
    OnePerWord,
    /// Two characters in each register, first one in the high byte (Socomec `STRING_NORM`, SunSpec `string`).
    TwoPerWord,
}

impl TextLayout {
    /// The text in these registers: up to the first NUL, printable characters only, trimmed.
    pub fn decode(self, words: &[u16]) -> String {
        let bytes = words.iter().flat_map(|word| {
            let [high, low] = word.to_be_bytes();
            match self {
                Self::OnePerWord => [low, 0],
                Self::TwoPerWord => [high, low],
            }
        });
        let bytes: Vec<u8> = match self {
            Self::OnePerWord => bytes.step_by(2).take_while(|byte| *byte != 0).collect(),
            Self::TwoPerWord => bytes.take_while(|byte| *byte != 0).collect(),
        };
        // Western devices send Latin-1 or UTF-8; neither is announced.
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        text.chars().filter(|character| !character.is_control()).collect::<String>().trim().to_owned()
    }

    /// Registers that hold as much of the text as fits, padded with NUL. Cut at a character, not inside one.
    pub fn encode(self, text: &str, words: u16) -> Vec<u16> {
        let room = match self {
            Self::OnePerWord => usize::from(words),
            Self::TwoPerWord => usize::from(words) * 2,
        };
        let mut bytes = Vec::with_capacity(room);
        for character in text.chars() {
            if bytes.len() + character.len_utf8() > room {
                break;
            }
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        bytes.resize(room, 0);
        match self {
            Self::OnePerWord => bytes.into_iter().map(u16::from).collect(),
            Self::TwoPerWord => {
                bytes.chunks_exact(2).map(|pair| pair.iter().fold(0u16, |word, byte| word << 8 | u16::from(*byte))).collect()
            }
        }
    }
}

/// Where a device keeps the names of its loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameBlock {
    /// First register of the name of channel 1.
    pub address: u16,
    /// Registers from one name to the next.
    pub stride: u16,
    /// Registers of one name.
    pub words: u16,
    /// How characters lie in them.
    pub layout: TextLayout,
}

impl NameBlock {
    /// First register of the name of a channel (from 1); `None` past the address space.
    pub fn address_of(&self, channel: u8) -> Option<u16> {
        u16::from(channel).checked_sub(1)?.checked_mul(self.stride)?.checked_add(self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for layout in [TextLayout::OnePerWord, TextLayout::TwoPerWord] {
            assert_eq!(layout.decode(&layout.encode("Portique 1", 16)), "Portique 1");
            assert_eq!(layout.decode(&layout.encode("Quai été", 16)), "Quai été");
        }
        assert_eq!(TextLayout::OnePerWord.encode("SOCO", 4), [0x53, 0x4F, 0x43, 0x4F]);
        assert_eq!(TextLayout::TwoPerWord.encode("SunS", 2), [0x5375, 0x6E53]);
    }

    #[test]
    fn text_is_cut_at_a_character() {
        assert_eq!(TextLayout::TwoPerWord.decode(&TextLayout::TwoPerWord.encode("abcé", 2)), "abc");
    }

    #[test]
    fn latin_1_is_understood() {
        assert_eq!(TextLayout::TwoPerWord.decode(&[0xE974, 0xE900]), "été");
    }
}

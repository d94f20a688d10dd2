//! Registers as a person pastes them: what is understood can be written down and read again, what is not names its line.
#![no_main]

use haubert_gateway::profiles::dump;
use libfuzzer_sys::fuzz_target;
use std::fmt::Write;

fuzz_target!(|text: &str| {
    match dump::parse(text) {
        Ok(registers) => {
            let mut again = String::new();
            for (at, (address, word)) in registers.iter().enumerate() {
                let line =
                    if at % 2 == 0 { format!("{address}: 0x{word:04X}") } else { format!("0x{address:X} = {word} # {at}") };
                writeln!(again, "{line}").expect("a string takes all");
            }
            assert_eq!(dump::parse(&again).as_ref(), Ok(&registers));
        }
        Err(error) => assert!((1..=text.lines().count()).contains(&error.line) && !error.message.is_empty()),
    }
});

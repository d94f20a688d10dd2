//! What masters may write to a device through the gateway. Pure.

use crate::question::Question;
use haubert_modbus::Request;
use std::collections::BTreeSet;

/// Function codes that write: single coil and register, several of them, a mask, several with a read.
pub const WRITE_FUNCTIONS: [u8; 6] = [5, 6, 15, 16, 22, 23];

/// Items that an operator lets others write, and by which functions. Coils and registers have addresses of their own: which are meant
/// is said by the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writable {
    /// Some of [`WRITE_FUNCTIONS`]; others are never let through.
    pub functions: BTreeSet<u8>,
    /// First address, as on the wire.
    pub first: u16,
    /// Last address.
    pub last: u16,
}

impl Writable {
    /// The question that carries this write to a device; `None` when it is no write, or not wholly within what is named here. What
    /// function 23 reads is asked of the device with it, whatever that is.
    pub fn question(&self, request: &Request) -> Option<Question> {
        let (first, last) = request.written()?;
        let function = request.function();
        let named = self.functions.contains(&function) && WRITE_FUNCTIONS.contains(&function);
        (named && self.first <= first && last <= self.last).then(|| Question::listed(request.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haubert_modbus::Table;
    use proptest::prelude::*;

    fn writable(functions: &[u8], first: u16, last: u16) -> Writable {
        Writable { functions: functions.iter().copied().collect(), first, last }
    }

    #[test]
    fn only_what_is_named_is_a_question() {
        let registers = |address, count| Request::WriteRegisters { address, values: vec![7; count] };
        let list = writable(&[6, 16], 100, 109);
        assert!(list.question(&registers(100, 10)).is_some());
        for (what, request) in [
            ("one too many", registers(100, 11)),
            ("begins before", registers(99, 2)),
            ("another function", Request::WriteCoil { address: 100, value: true }),
            ("mask", Request::MaskWrite { address: 100, and_mask: 0, or_mask: 0 }),
            ("no write", Request::Read { table: Table::HoldingRegisters, address: 100, count: 1 }),
            ("no write", Request::ReadDeviceId { level: 1, object: 0 }),
            ("no write", Request::Diagnostics { sub_function: 1, data: 0 }),
        ] {
            assert_eq!(list.question(&request), None, "{what}");
        }
        // A list that names functions that do not write lets nothing more through.
        let all = writable(&(0..=255).collect::<Vec<u8>>(), 0, u16::MAX);
        assert_eq!(all.question(&Request::Diagnostics { sub_function: 1, data: 0 }), None);
        assert_eq!(all.question(&Request::Read { table: Table::Coils, address: 0, count: 1 }), None);
        assert!(all.question(&registers(u16::MAX, 1)).is_some());
    }

    proptest! {
        /// Every register that such a question writes lies within the list.
        #[test]
        fn nothing_outside_is_written(first: u16, last: u16, address: u16, count in 1usize..=123) {
            let request = Request::WriteRegisters { address, values: vec![0; count] };
            let inside = (usize::from(address)..usize::from(address) + count)
                .all(|at| (usize::from(first)..=usize::from(last)).contains(&at));
            prop_assert_eq!(writable(&[16], first, last).question(&request).is_some(), inside && usize::from(address) + count <= 65_536);
        }
    }
}

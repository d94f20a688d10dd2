//! Quantities in the MIB: in the order of their numbers, and by names as SMI wants them.

use haubert_model::Quantity;

/// Every quantity, by number.
pub fn by_number() -> Vec<Quantity> {
    let mut all = Quantity::ALL.to_vec();
    all.sort_by_key(|quantity| quantity.number());
    all
}

/// The code of a quantity as SMI wants labels: `active_power_l1` is `activePowerL1`.
pub fn label(quantity: Quantity) -> String {
    let mut label = String::new();
    for part in quantity.code().split('_') {
        let mut signs = part.chars();
        match signs.next() {
            Some(first) if !label.is_empty() => label.push(first.to_ascii_uppercase()),
            Some(first) => label.push(first),
            None => {}
        }
        label.push_str(signs.as_str());
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_a_name() {
        for quantity in Quantity::ALL {
            let label = label(*quantity);
            assert!(label.len() <= 64 && label.chars().all(|sign| sign.is_ascii_alphanumeric()), "{label}");
        }
        assert_eq!(label(Quantity::VoltageL1L2), "voltageL1L2");
        assert!(by_number().windows(2).all(|pair| pair[0].number() < pair[1].number()));
    }
}

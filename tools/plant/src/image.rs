//! The registers of a device: blocks of words, and nothing between them.

use haubert_modbus::Table;

/// Reserved registers between two known ones that a real device answers with zeros, at most. Beyond it a new block begins and
/// a read across is refused, as by the devices this stands for.
const LARGEST_GAP: u16 = 12;

#[derive(Debug, Clone)]
struct Block {
    table: Table,
    start: u16,
    words: Vec<u16>,
}

/// All registers of a device.
#[derive(Debug, Clone, Default)]
pub(crate) struct Image {
    blocks: Vec<Block>,
}

impl Image {
    /// Room for these runs of registers (table, first, count); `holes` (first, last) are never bridged.
    pub(crate) fn layout(mut runs: Vec<(Table, u16, u16)>, holes: &[(u16, u16)]) -> Self {
        runs.sort_unstable_by_key(|(table, start, _)| (*table, *start));
        let mut blocks: Vec<Block> = Vec::new();
        for (table, start, count) in runs {
            let end = usize::from(start) + usize::from(count);
            if let Some(last) = blocks.last_mut() {
                let last_end = usize::from(last.start) + last.words.len();
                let bridged = |hole: &(u16, u16)| usize::from(hole.0) < usize::from(start) && usize::from(hole.1) >= last_end;
                let near = usize::from(start) <= last_end + usize::from(LARGEST_GAP);
                if last.table == table && near && !holes.iter().any(bridged) {
                    let length = end.saturating_sub(usize::from(last.start)).max(last.words.len());
                    last.words.resize(length, 0);
                    continue;
                }
            }
            blocks.push(Block { table, start, words: vec![0; usize::from(count)] });
        }
        Self { blocks }
    }

    fn block(&self, table: Table, address: u16) -> Option<usize> {
        let after = self.blocks.partition_point(|block| (block.table, block.start) <= (table, address));
        let index = after.checked_sub(1)?;
        self.blocks.get(index).filter(|block| block.table == table).map(|_| index)
    }

    /// Writes one register; one that the layout does not have is passed over.
    pub(crate) fn put(&mut self, table: Table, address: u16, word: u16) {
        let Some(block) = self.block(table, address).and_then(|index| self.blocks.get_mut(index)) else { return };
        if let Some(place) = block.words.get_mut(usize::from(address - block.start)) {
            *place = word;
        }
    }

    /// Writes a run of registers.
    pub(crate) fn put_all(&mut self, table: Table, address: u16, words: &[u16]) {
        for (word, at) in words.iter().zip(address..=u16::MAX) {
            self.put(table, at, *word);
        }
    }

    /// The registers, when all of them exist.
    pub(crate) fn read(&self, table: Table, address: u16, count: u16) -> Option<&[u16]> {
        let block = self.block(table, address).and_then(|index| self.blocks.get(index))?;
        let from = usize::from(address - block.start);
        block.words.get(from..from + usize::from(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_gaps_are_zeros_and_large_ones_are_refused() {
        let holding = Table::HoldingRegisters;
        let mut image =
            Image::layout(vec![(holding, 100, 2), (holding, 110, 2), (holding, 150, 1), (Table::InputRegisters, 102, 1)], &[]);
        image.put_all(holding, 110, &[7, 8]);
        assert_eq!(image.read(holding, 100, 12), Some(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 8][..]));
        assert_eq!(image.read(holding, 100, 13), None);
        assert_eq!(image.read(holding, 99, 2), None);
        assert_eq!(image.read(holding, 150, 1), Some(&[0][..]));
        assert_eq!(image.read(Table::InputRegisters, 100, 1), None);
        assert_eq!(image.read(Table::Coils, 100, 1), None);
    }

    #[test]
    fn a_hole_is_not_bridged() {
        let holding = Table::HoldingRegisters;
        let image = Image::layout(vec![(holding, 100, 2), (holding, 106, 2)], &[(103, 104)]);
        assert_eq!(image.read(holding, 100, 8), None);
        assert!(image.read(holding, 106, 2).is_some());
    }
}

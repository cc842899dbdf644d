//! Lists a page at a time.

use core::ops::RangeInclusive;

use fvm_ipld_encoding::tuple::*;

/// Numbers that one page can look at.
pub const MAX_PAGE: u64 = 100;

/// A page of things that have numbers.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageParams {
    /// First number to look at, from 1.
    pub from: u64,
    /// How many numbers to look at: 1 to 100.
    pub limit: u64,
}

impl PageParams {
    /// The numbers to look at, where they go up to `last`. `None` for a page that has no numbers or
    /// too many.
    #[must_use]
    pub fn numbers(&self, last: u64) -> Option<RangeInclusive<u64>> {
        let from = self.from.max(1);
        let to = from.saturating_add(self.limit.checked_sub(1)?);
        (self.limit <= MAX_PAGE).then_some(from..=last.min(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_numbers_up_to_the_last() {
        let numbers = |from, limit| PageParams { from, limit }.numbers(150);
        assert_eq!((numbers(1, 0), numbers(1, 101)), (None, None));
        assert_eq!(numbers(0, 100), Some(1..=100));
        assert_eq!(numbers(101, 100), Some(101..=150));
        assert!(numbers(151, 1).is_some_and(|page| page.is_empty()));
        assert!(numbers(u64::MAX, 100).is_some_and(|page| page.is_empty()));
    }
}

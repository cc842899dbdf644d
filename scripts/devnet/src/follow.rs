//! Following the chain: what is new on it since a place that a follower knows.

use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use cid::Cid;
use fvm_shared::clock::ChainEpoch;

use crate::node::Node;
use crate::tipset::{Tipset, read_header};

/// The last tipset that a follower has seen, by its block. The tipset may be off the chain by now.
#[derive(Clone, Copy, Debug)]
pub struct Place(Cid);

impl Place {
    #[must_use]
    pub fn at(tipset: &Tipset) -> Self {
        Place(tipset.block)
    }

    /// Goes on to a tipset of the chain, and returns the heights that are new on the way. Where the
    /// chain went back, it is new from where it forks.
    pub fn go_on(&mut self, node: &Node, end: &Tipset) -> Result<RangeInclusive<ChainEpoch>> {
        let mut block = self.0;
        let known = loop {
            let header = read_header(node.store(), &block)?;
            let there = node.tipset_at_or_below(header.height)?;
            if there.is_some_and(|tipset| tipset.block == block) {
                break header.height;
            }
            block = *header.parents.first().context("a tipset of another chain")?;
        };
        self.0 = if end.height() > known { end.block } else { block };
        Ok(known + 1..=end.height())
    }
}

/// The tipsets at some heights, in order.
pub fn tipsets(node: &Node, heights: &RangeInclusive<ChainEpoch>) -> Result<Vec<Tipset>> {
    let (mut found, mut next) = (vec![], *heights.start());
    while let Some(tipset) = node.tipset_at_or_above(next)? {
        if tipset.height() > *heights.end() {
            break;
        }
        next = tipset.height() + 1;
        found.push(tipset);
    }
    Ok(found)
}

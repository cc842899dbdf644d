//! Actors with the people around them: how the demo, the measurements and the tests all start.

mod dao;
mod lending;
mod storage;

use cid::Cid;
use fvm_harness::{Call, Network, Outcome};
use fvm_shared::address::Address;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use shared::ext::market::DealProposal;

pub use crate::deploy::defaults::{DAY, HOOK_GAS, rewards as vesting_rules};
pub use dao::{Dao, check_dao, constructor_params, dataset, on_publish};
pub use lending::{Lending, check_market, rules as lending_rules};
pub use storage::{Storage, check_storage, terms as storage_terms};

/// Bytes of a made-up piece, after padding.
pub const PIECE_SIZE: PaddedPieceSize = PaddedPieceSize(1 << 20);

/// The CommP of the n-th made-up piece.
#[must_use]
pub fn piece(n: u64) -> Cid {
    let mut commitment = [0x2a; 32];
    commitment[..8].copy_from_slice(&n.to_be_bytes());
    data_commitment_v1_to_cid(&commitment).expect("a commitment of 32 bytes")
}

/// What a client answers when the market asks about a proposal.
fn ask(net: &mut Network, client: Address, proposal: &DealProposal) -> Outcome {
    let message = fvm_ipld_encoding::to_vec(proposal).expect("a proposal that encodes");
    let params = AuthenticateMessageParams { signature: vec![], message };
    let market = Address::new_id(MARKET_ACTOR);
    net.dry_run(Call::new(market, client).method(AUTHENTICATE_MESSAGE, &params))
}

//! The rules of a token that do not touch the FVM.

use alloc::string::ToString;

use frc46_token::receiver::{FRC46ReceiverHook, FRC46TokenReceived};
use frc46_token::token::state::{StateError, TokenState};
use fvm_actor_utils::receiver::{ReceiverHook, RecipientData};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

use crate::{Error, ensure};

/// Width of the balance and allowance maps: see [`crate::MapSpec`].
const BIT_WIDTH: u32 = 3;

/// A token that nobody has any of.
pub fn new(store: &impl Blockstore) -> Result<TokenState, Error> {
    TokenState::new_with_bit_width(store, BIT_WIDTH).map_err(fault)
}

/// The owner's balance, zero for one never seen.
pub fn balance(
    token: &TokenState,
    store: &impl Blockstore,
    owner: ActorID,
) -> Result<TokenAmount, Error> {
    token.get_balance(store, owner).map_err(fault)
}

/// Adds to the owner's balance and to the supply.
pub fn mint(
    token: &mut TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    amount: &TokenAmount,
) -> Result<(), Error> {
    check_amount(amount)?;
    // No balance exceeds the supply.
    check_amount(&(&token.supply + amount))?;
    token.change_balance_by(store, owner, amount).map_err(fault)?;
    token.change_supply_by(amount).map_err(fault)?;
    Ok(())
}

/// Removes from the owner's balance and from the supply; returns the new balance.
pub fn burn(
    token: &mut TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    amount: &TokenAmount,
) -> Result<TokenAmount, Error> {
    check_amount(amount)?;
    let delta = -amount.clone();
    let balance = token.change_balance_by(store, owner, &delta).map_err(fault)?;
    token.change_supply_by(&delta).map_err(fault)?;
    Ok(balance)
}

/// Moves between two balances.
pub fn transfer(
    token: &mut TokenState,
    store: &impl Blockstore,
    from: ActorID,
    to: ActorID,
    amount: &TokenAmount,
) -> Result<(), Error> {
    check_amount(amount)?;
    token.make_transfer(store, from, to, amount).map_err(fault)
}

/// Spends an operator's allowance and returns what is left of it. An owner is nobody's operator.
pub fn use_allowance(
    token: &mut TokenState,
    store: &impl Blockstore,
    operator: ActorID,
    owner: ActorID,
    amount: &TokenAmount,
) -> Result<TokenAmount, Error> {
    check_amount(amount)?;
    ensure!(operator != owner, Error::Argument("an owner needs no allowance".to_string()));
    token.attempt_use_allowance(store, operator, owner, amount).map_err(fault)
}

/// What an operator may still spend of the owner's balance.
pub fn allowance(
    token: &TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    operator: ActorID,
) -> Result<TokenAmount, Error> {
    token.get_allowance_between(store, owner, operator).map_err(fault)
}

/// Raises an allowance and returns the new one.
pub fn increase_allowance(
    token: &mut TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    operator: ActorID,
    increase: &TokenAmount,
) -> Result<TokenAmount, Error> {
    check_amount(increase)?;
    ensure!(operator != owner, Error::Argument("an owner needs no allowance".to_string()));
    check_amount(&(allowance(token, store, owner, operator)? + increase))?;
    token.change_allowance_by(store, owner, operator, increase).map_err(fault)
}

/// Lowers an allowance, to no less than nothing, and returns the new one.
pub fn decrease_allowance(
    token: &mut TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    operator: ActorID,
    decrease: &TokenAmount,
) -> Result<TokenAmount, Error> {
    check_amount(decrease)?;
    token.change_allowance_by(store, owner, operator, &-decrease.clone()).map_err(fault)
}

/// Sets an allowance to nothing.
pub fn revoke_allowance(
    token: &mut TokenState,
    store: &impl Blockstore,
    owner: ActorID,
    operator: ActorID,
) -> Result<(), Error> {
    token.revoke_allowance(store, owner, operator).map_err(fault)?;
    Ok(())
}

/// The receiver hook of a movement of tokens, to call once the state is committed.
pub fn hook(received: FRC46TokenReceived) -> Result<ReceiverHook<HookData>, Error> {
    let to = Address::new_id(received.to);
    ReceiverHook::new_frc46(to, received, HookData::default())
        .map_err(|e| Error::encoding("receiver hook", e))
}

/// What a receiver hook returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookData(pub RawBytes);

impl RecipientData for HookData {
    fn set_recipient_data(&mut self, data: RawBytes) {
        self.0 = data;
    }
}

/// Amounts are those of ERC-20, 0 to 2^256 - 1: larger ones could not be told to EVM contracts, and
/// much larger ones could not be stored.
fn check_amount(amount: &TokenAmount) -> Result<(), Error> {
    ensure!(!amount.is_negative(), Error::Argument("the amount is negative".to_string()));
    ensure!(amount.atto().bits() <= 256, Error::Argument("more than 2^256 - 1".to_string()));
    Ok(())
}

fn fault(error: StateError) -> Error {
    match error {
        StateError::InsufficientBalance { .. } | StateError::InsufficientAllowance { .. } => {
            Error::Funds(error.to_string())
        }
        error => Error::state("token", error),
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_shared::bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    const ANN: ActorID = 100;
    const BOB: ActorID = 101;

    fn atto(n: i64) -> TokenAmount {
        TokenAmount::from_atto(n)
    }

    #[test]
    fn an_amount_is_never_negative() {
        let store = MemoryBlockstore::default();
        let mut token = new(&store).unwrap();
        let bad = atto(-1);
        assert!(mint(&mut token, &store, ANN, &bad).is_err());
        assert!(burn(&mut token, &store, ANN, &bad).is_err());
        assert!(transfer(&mut token, &store, ANN, BOB, &bad).is_err());
        assert!(increase_allowance(&mut token, &store, ANN, BOB, &bad).is_err());
        assert!(decrease_allowance(&mut token, &store, ANN, BOB, &bad).is_err());
        assert!(use_allowance(&mut token, &store, BOB, ANN, &bad).is_err());
        assert_eq!(token, new(&store).unwrap());
    }

    #[test]
    fn an_amount_has_at_most_256_bits_and_so_have_supply_and_allowance() {
        let store = MemoryBlockstore::default();
        let mut token = new(&store).unwrap();
        let most = TokenAmount::from_atto((BigInt::from(1) << 256) - 1);
        let refused = |done: Result<(), Error>| matches!(done, Err(Error::Argument(_)));
        assert!(refused(mint(&mut token, &store, ANN, &(&most + atto(1)))));
        mint(&mut token, &store, ANN, &most).unwrap();
        assert!(refused(mint(&mut token, &store, BOB, &atto(1))));
        increase_allowance(&mut token, &store, ANN, BOB, &most).unwrap();
        let more = increase_allowance(&mut token, &store, ANN, BOB, &atto(1));
        assert!(refused(more.map(|_| ())));
    }

    #[test]
    fn an_allowance_bounds_the_operator_and_runs_out() {
        let store = MemoryBlockstore::default();
        let mut token = new(&store).unwrap();
        increase_allowance(&mut token, &store, ANN, BOB, &atto(10)).unwrap();
        assert_eq!(use_allowance(&mut token, &store, BOB, ANN, &atto(7)), Ok(atto(3)));
        let over = use_allowance(&mut token, &store, BOB, ANN, &atto(4));
        assert!(matches!(over, Err(Error::Funds(_))), "{over:?}");
        assert_eq!(decrease_allowance(&mut token, &store, ANN, BOB, &atto(9)), Ok(atto(0)));
        assert!(increase_allowance(&mut token, &store, ANN, ANN, &atto(1)).is_err());
    }

    proptest! {
        #[test]
        fn the_supply_is_the_sum_of_balances_whatever_is_tried(
            steps in prop::collection::vec((0..4_u8, 0..3_u64, 0..3_u64, -5..50_i64), 0..40)
        ) {
            let store = MemoryBlockstore::default();
            let mut token = new(&store).unwrap();
            for (kind, from, to, amount) in steps {
                let (from, to, amount) = (ANN + from, ANN + to, atto(amount));
                // A step that is refused must leave no trace.
                let before = token.clone();
                let done = match kind {
                    0 => mint(&mut token, &store, to, &amount),
                    1 => burn(&mut token, &store, from, &amount).map(|_| ()),
                    2 => transfer(&mut token, &store, from, to, &amount),
                    _ => increase_allowance(&mut token, &store, from, to, &amount).map(|_| ()),
                };
                if done.is_err() {
                    prop_assert_eq!(&token, &before);
                }
                let (_, broken) = token.check_invariants(&store, 1);
                prop_assert!(broken.is_empty(), "{:?}", broken);
            }
        }
    }
}

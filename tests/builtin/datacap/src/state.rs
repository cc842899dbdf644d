//! The token and its governor's rules. FRC-46's own rules are those of `frc46_token`.

use alloc::format;

use builtin_common::{Exit, Result};
use frc46_token::token::state::TokenState;
use frc46_token::token::types::{
    MintIntermediate, TransferFromIntermediate, TransferFromParams, TransferIntermediate,
    TransferParams,
};
use frc46_token::token::{TOKEN_PRECISION, Token, TokenError};
use fvm_actor_utils::receiver::{ReceiverHook, ReceiverHookError};
use fvm_actor_utils::syscalls::Syscalls;
use fvm_actor_utils::util::ActorRuntime;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use shared::ensure;

use crate::types::MintParams;

/// Amounts are multiples of this: there are no parts of a byte.
pub const UNIT: u64 = TOKEN_PRECISION;
/// What an operator named by a mint may spend, in tokens: a thousand EiB.
const UNLIMITED: u128 = 1_000_000_000_000_000_000_000;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub governor: ActorID,
    pub token: TokenState,
}

impl State {
    pub fn new(store: &impl Blockstore, governor: ActorID) -> Result<Self> {
        Ok(State { governor, token: TokenState::new(store).map_err(|e| refused(e.into()))? })
    }

    /// The token with its rules.
    pub fn token<'t, S: Syscalls, BS: Blockstore>(
        &'t mut self,
        runtime: &'t ActorRuntime<S, BS>,
    ) -> Token<'t, S, BS> {
        Token::wrap(runtime, UNIT, &mut self.token)
    }

    /// Only the governor mints and destroys.
    pub fn check_governor(&self, caller: ActorID) -> Result<()> {
        ensure!(caller == self.governor, Exit::forbidden(format!("f0{caller} does not govern")));
        Ok(())
    }

    /// Mints, and sets the allowances of the operators anew.
    pub fn mint<S: Syscalls, BS: Blockstore>(
        &mut self,
        runtime: &ActorRuntime<S, BS>,
        params: &MintParams,
    ) -> Result<ReceiverHook<MintIntermediate>> {
        let governor = Address::new_id(self.governor);
        let unlimited = TokenAmount::from_whole(BigInt::from(UNLIMITED));
        let mut token = self.token(runtime);
        for operator in &params.operators {
            token.set_allowance(&params.to, operator, &unlimited).map_err(refused)?;
        }
        let none = RawBytes::default();
        token.mint(&governor, &params.to, &params.amount, none.clone(), none).map_err(refused)
    }

    /// Moves DataCap to or from the governor.
    pub fn transfer<S: Syscalls, BS: Blockstore>(
        &mut self,
        runtime: &ActorRuntime<S, BS>,
        from: ActorID,
        params: TransferParams,
    ) -> Result<ReceiverHook<TransferIntermediate>> {
        let to = recipient(runtime, &params.to)?;
        ensure!(
            to == self.governor || from == self.governor,
            Exit::forbidden(format!("no transfer of DataCap from f0{from} to f0{to}"))
        );
        let (from, to) = (Address::new_id(from), Address::new_id(to));
        self.token(runtime)
            .transfer(&from, &to, &params.amount, params.operator_data, RawBytes::default())
            .map_err(refused)
    }

    /// Moves another's DataCap to the governor.
    pub fn transfer_from<S: Syscalls, BS: Blockstore>(
        &mut self,
        runtime: &ActorRuntime<S, BS>,
        operator: ActorID,
        params: TransferFromParams,
    ) -> Result<ReceiverHook<TransferFromIntermediate>> {
        let to = recipient(runtime, &params.to)?;
        ensure!(
            to == self.governor,
            Exit::forbidden(format!("no transfer of DataCap from {} to f0{to}", params.from))
        );
        let (operator, to) = (Address::new_id(operator), Address::new_id(to));
        let TransferFromParams { from, amount, operator_data, .. } = params;
        self.token(runtime)
            .transfer_from(&operator, &from, &to, &amount, operator_data, RawBytes::default())
            .map_err(refused)
    }
}

fn recipient<S: Syscalls, BS: Blockstore>(
    runtime: &ActorRuntime<S, BS>,
    to: &Address,
) -> Result<ActorID> {
    runtime
        .resolve_id(to)
        .map_err(|_| Exit::illegal_argument(format!("{to} is not the address of any actor")))
}

/// What the token refuses, with the code that FRC-46 gives it.
pub fn refused(error: TokenError) -> Exit {
    Exit::new(ExitCode::from(&error), error)
}

/// A recipient that refuses, with its own code.
pub fn rejected(error: ReceiverHookError) -> Exit {
    Exit::new(ExitCode::from(&error), error)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use fvm_actor_utils::syscalls::fake_syscalls::FakeSyscalls;
    use fvm_ipld_blockstore::MemoryBlockstore;

    use super::*;

    type Runtime = ActorRuntime<FakeSyscalls, MemoryBlockstore>;

    const GOVERNOR: ActorID = 6;
    const MARKET: ActorID = 5;
    const CLIENT: ActorID = 100;

    fn bytes(n: u64) -> TokenAmount {
        TokenAmount::from_whole(n)
    }

    /// A state in which the client has so many bytes, and the market may spend them.
    fn minted(n: u64) -> (Runtime, State) {
        let runtime = Runtime::new_test_runtime();
        let mut state = State::new(&runtime, GOVERNOR).unwrap();
        let operators = vec![Address::new_id(MARKET)];
        let params = MintParams { to: Address::new_id(CLIENT), amount: bytes(n), operators };
        state.mint(&runtime, &params).unwrap().call(&runtime).unwrap();
        (runtime, state)
    }

    fn to(id: ActorID, amount: TokenAmount) -> TransferParams {
        let operator_data = RawBytes::default();
        TransferParams { to: Address::new_id(id), amount, operator_data }
    }

    fn from_client(id: ActorID, amount: TokenAmount) -> TransferFromParams {
        let TransferParams { to, amount, operator_data } = to(id, amount);
        TransferFromParams { from: Address::new_id(CLIENT), to, amount, operator_data }
    }

    #[test]
    fn datacap_moves_only_to_and_from_the_governor() {
        let (runtime, mut state) = minted(10);
        let astray = state.transfer(&runtime, CLIENT, to(101, bytes(1))).unwrap_err();
        assert_eq!(astray.code, ExitCode::USR_FORBIDDEN);
        let astray = state.transfer_from(&runtime, MARKET, from_client(101, bytes(1))).unwrap_err();
        assert_eq!(astray.code, ExitCode::USR_FORBIDDEN);
        state.transfer(&runtime, CLIENT, to(GOVERNOR, bytes(4))).unwrap().call(&runtime).unwrap();
        state.transfer(&runtime, GOVERNOR, to(101, bytes(1))).unwrap().call(&runtime).unwrap();
        let balance = |id| state.token.get_balance(&runtime, id).unwrap();
        assert_eq!(
            (balance(CLIENT), balance(GOVERNOR), balance(101)),
            (bytes(6), bytes(3), bytes(1))
        );
    }

    #[test]
    fn there_are_no_parts_of_a_byte() {
        let (runtime, mut state) = minted(10);
        let part = state.transfer(&runtime, CLIENT, to(GOVERNOR, TokenAmount::from_atto(1)));
        assert_eq!(part.unwrap_err().code, ExitCode::USR_ILLEGAL_ARGUMENT);
    }

    #[test]
    fn a_mint_lets_its_operators_spend_everything_and_nobody_else() {
        let (runtime, mut state) = minted(10);
        let stranger = state.transfer_from(&runtime, 101, from_client(GOVERNOR, bytes(1)));
        assert_eq!(stranger.unwrap_err().code, ExitCode::USR_INSUFFICIENT_FUNDS);
        let mut hook =
            state.transfer_from(&runtime, MARKET, from_client(GOVERNOR, bytes(10))).unwrap();
        hook.call(&runtime).unwrap();
        let left = state.token.get_allowance_between(&runtime, CLIENT, MARKET).unwrap();
        assert_eq!(left, TokenAmount::from_whole(BigInt::from(UNLIMITED)) - bytes(10));
        let over = state.transfer_from(&runtime, MARKET, from_client(GOVERNOR, bytes(1)));
        assert_eq!(over.unwrap_err().code, ExitCode::USR_INSUFFICIENT_FUNDS);
    }

    #[test]
    fn only_the_governor_governs() {
        let (_, state) = minted(10);
        assert!(state.check_governor(GOVERNOR).is_ok());
        assert_eq!(state.check_governor(CLIENT).unwrap_err().code, ExitCode::USR_FORBIDDEN);
    }
}

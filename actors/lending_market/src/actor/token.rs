use alloc::string::String;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::token::Token;
use shared::token::methods::HasToken;

use crate::error::Error;
use crate::state::State;

impl HasToken for State {
    fn token(&mut self) -> &mut Token {
        &mut self.token
    }

    fn token_name(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(self.rules(store).map_err(inner)?.name)
    }

    fn token_symbol(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(self.rules(store).map_err(inner)?.symbol)
    }

    fn before_movement(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        from: ActorID,
        to: Option<ActorID>,
        amount: &TokenAmount,
    ) -> Result<(), shared::Error> {
        self.moving(store, now, from, to, amount).map_err(inner)
    }
}

/// The token's methods know only errors that any actor can meet.
fn inner(error: Error) -> shared::Error {
    match error {
        Error::Shared(error) => error,
        other => shared::Error::state("shares", other),
    }
}

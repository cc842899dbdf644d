use alloc::string::String;

use fvm_ipld_blockstore::Blockstore;
use shared::token::Token;
use shared::token::methods::HasToken;

use crate::state::State;

impl HasToken for State {
    fn token(&mut self) -> &mut Token {
        &mut self.token
    }

    fn token_name(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(self.config(store)?.token.name)
    }

    fn token_symbol(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(self.config(store)?.token.symbol)
    }
}

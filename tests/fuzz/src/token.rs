//! The methods of a token, as the actors that have one run them.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::token::*;
use shared::{Error, Method};

use crate::messages::{self, Message, USER};
use crate::world::{World, id};

/// What a message asks of a token.
pub enum Asked {
    Movement(Movement),
    /// To let an operator spend more of the caller's tokens, less of them, or none.
    More(ActorID, TokenAmount),
    Less(ActorID, TokenAmount),
    Nothing(ActorID),
}

pub struct Movement {
    pub from: ActorID,
    /// `None` to burn.
    pub to: Option<ActorID>,
    /// Whose allowance it takes, if any.
    operator: Option<ActorID>,
    pub amount: TokenAmount,
}

/// What a message asks; `None` for what is no method of a token, or changes nothing.
pub fn asked(message: &Message<'_>) -> Option<Asked> {
    let (caller, own) = (message.caller(), None);
    Some(match message.method {
        Transfer::NUMBER => {
            let TransferParams { to, amount, .. } = message.params::<Transfer>()?;
            let to = Some(id(&to).ok()?);
            Asked::Movement(Movement { from: caller, to, operator: own, amount })
        }
        TransferFrom::NUMBER => {
            let TransferFromParams { from, to, amount, .. } = message.params::<TransferFrom>()?;
            let (from, to) = (id(&from).ok()?, Some(id(&to).ok()?));
            Asked::Movement(Movement { from, to, operator: Some(caller), amount })
        }
        Burn::NUMBER => {
            let BurnParams { amount } = message.params::<Burn>()?;
            Asked::Movement(Movement { from: caller, to: None, operator: own, amount })
        }
        BurnFrom::NUMBER => {
            let BurnFromParams { owner, amount } = message.params::<BurnFrom>()?;
            let from = id(&owner).ok()?;
            Asked::Movement(Movement { from, to: None, operator: Some(caller), amount })
        }
        IncreaseAllowance::NUMBER => {
            let params = message.params::<IncreaseAllowance>()?;
            Asked::More(id(&params.operator).ok()?, params.increase)
        }
        DecreaseAllowance::NUMBER => {
            let params = message.params::<DecreaseAllowance>()?;
            Asked::Less(id(&params.operator).ok()?, params.decrease)
        }
        RevokeAllowance::NUMBER => {
            let params = message.params::<RevokeAllowance>()?;
            Asked::Nothing(id(&params.operator).ok()?)
        }
        _ => return None,
    })
}

impl Asked {
    pub fn apply(
        &self,
        token: &mut Token,
        store: &impl Blockstore,
        now: ChainEpoch,
        caller: ActorID,
    ) -> Result<(), Error> {
        match self {
            Asked::Movement(Movement { from, to, operator, amount }) => {
                if let Some(operator) = operator {
                    token.use_allowance(store, *from, *operator, amount)?;
                }
                match to {
                    Some(to) => token.transfer(store, now, *from, *to, amount).map(drop),
                    None => token.burn(store, now, *from, amount).map(drop),
                }
            }
            Asked::More(operator, by) => {
                token.increase_allowance(store, caller, *operator, by).map(drop)
            }
            Asked::Less(operator, by) => {
                token.decrease_allowance(store, caller, *operator, by).map(drop)
            }
            Asked::Nothing(operator) => token.revoke_allowance(store, caller, *operator),
        }
    }
}

/// A life of some tokens, which the first user has: moved, allowed, and burnt.
pub fn life<W: World>() -> Vec<u8> {
    let (ann, bob) = (Address::new_id(USER), Address::new_id(USER + 1));
    let (amount, operator_data) = (TokenAmount::from_whole(5), RawBytes::default());
    let transfer =
        TransferParams { to: bob, amount: amount.clone(), operator_data: operator_data.clone() };
    let more = IncreaseAllowanceParams { operator: bob, increase: &amount * 10 };
    let less = DecreaseAllowanceParams { operator: bob, decrease: amount.clone() };
    let from = TransferFromParams { from: ann, to: bob, amount: amount.clone(), operator_data };
    let burn_from = BurnFromParams { owner: ann, amount: amount.clone() };
    [
        sent::<W, Transfer>(0, &transfer),
        sent::<W, IncreaseAllowance>(0, &more),
        sent::<W, DecreaseAllowance>(0, &less),
        sent::<W, TransferFrom>(1, &from),
        sent::<W, BurnFrom>(1, &burn_from),
        sent::<W, RevokeAllowance>(0, &RevokeAllowanceParams { operator: bob }),
        sent::<W, Burn>(0, &BurnParams { amount }),
    ]
    .concat()
}

fn sent<W: World, M: Method>(by: u8, params: &M::Params) -> Vec<u8> {
    messages::write::<M>(W::ACTOR, [by, 0, 0], params)
}

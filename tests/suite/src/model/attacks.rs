//! Messages that no actor may take: for each the model knows how it is refused, whatever has happened
//! before.

use actor_datadao::api as dao;
use actor_lending_market::api as market;
use actor_perpetual_storage::api as storage;
use fvm_harness::{Outcome, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use shared::ext::account::{
    AUTHENTICATE_MESSAGE, AuthenticateMessageParams, RECEIVE, UniversalReceiverParams,
};
use shared::ext::market::{MARKET_NOTIFY_DEAL, MarketNotifyDealParams};
use shared::{Method, token};

use super::cast::Party;
use super::step::Attack;
use super::world::World;

/// The actors that are attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Dao,
    Storage,
    Market,
}

/// A method that is not the caller's, whoever of the cast that is, and how it is refused.
type Trespass = (Target, MethodNum, fn() -> RawBytes, u32);

fn encoded(params: &impl Serialize) -> RawBytes {
    RawBytes::serialize(params).expect("parameters that encode")
}

/// Whoever takes the methods of others: nobody of the cast is the market or Init, and those who have
/// roles do not try.
const TRESPASSES: [Trespass; 15] = [
    (Target::Dao, dao::Constructor::NUMBER, RawBytes::default, 18),
    (Target::Dao, AUTHENTICATE_MESSAGE, proposal, 18),
    (Target::Dao, MARKET_NOTIFY_DEAL, notice, 18),
    (Target::Dao, RECEIVE, tokens, 162),
    (Target::Dao, dao::GrantRole::NUMBER, role, 32),
    (Target::Dao, dao::RevokeRole::NUMBER, role, 32),
    (Target::Dao, dao::AcceptAdmin::NUMBER, RawBytes::default, 69),
    (Target::Storage, storage::Constructor::NUMBER, RawBytes::default, 18),
    (Target::Storage, AUTHENTICATE_MESSAGE, proposal, 18),
    (Target::Storage, MARKET_NOTIFY_DEAL, notice, 18),
    (Target::Storage, RECEIVE, tokens, 92),
    (Target::Market, market::Constructor::NUMBER, RawBytes::default, 18),
    (Target::Market, market::SetTreasury::NUMBER, treasury, 37),
    (Target::Market, market::SetDepositCap::NUMBER, cap, 37),
    (Target::Market, market::SetUnderwriter::NUMBER, underwriter, 37),
];
/// Methods that take no FIL, of everybody.
const FREE: [(Target, MethodNum); 4] = [
    (Target::Dao, dao::BookDonations::NUMBER),
    (Target::Dao, token::Transfer::NUMBER),
    (Target::Storage, storage::Refresh::NUMBER),
    (Target::Market, market::Collect::NUMBER),
];
/// Methods of everybody that take parameters.
const OPEN: [(Target, MethodNum); 6] = [
    (Target::Dao, token::Transfer::NUMBER),
    (Target::Dao, dao::Withdraw::NUMBER),
    (Target::Storage, storage::CreatePerpetualDeal::NUMBER),
    (Target::Storage, storage::Refresh::NUMBER),
    (Target::Market, market::Submit::NUMBER),
    (Target::Market, market::Redeem::NUMBER),
];
const TARGETS: [Target; 3] = [Target::Dao, Target::Storage, Target::Market];

/// A nobody, as the object of what strangers try.
const NOBODY: Address = Address::new_id(99);

fn proposal() -> RawBytes {
    encoded(&AuthenticateMessageParams { signature: vec![], message: vec![] })
}

fn notice() -> RawBytes {
    encoded(&MarketNotifyDealParams { proposal: vec![], deal_id: 1 })
}

fn tokens() -> RawBytes {
    encoded(&UniversalReceiverParams { type_: 0x85_2e_69_2d, payload: RawBytes::default() })
}

fn role() -> RawBytes {
    encoded(&dao::RoleParams { role: dao::Role::Minter, account: NOBODY })
}

fn treasury() -> RawBytes {
    encoded(&NOBODY)
}

fn cap() -> RawBytes {
    encoded(&fil(1))
}

fn underwriter() -> RawBytes {
    let limits = market::Limits { ceiling: fil(1), per_period: fil(1), period: 1 };
    encoded(&market::SetUnderwriterParams { underwriter: NOBODY, limits })
}

/// How many there are of each kind.
pub const COUNTS: [usize; 4] = [TRESPASSES.len(), FREE.len(), OPEN.len(), TARGETS.len()];

/// The exit code with which an attack is refused.
pub fn refusal(attack: &Attack) -> ExitCode {
    match attack {
        Attack::Trespass(n) => ExitCode::new(TRESPASSES[*n].3),
        Attack::Overpay(_) => ExitCode::USR_NOT_PAYABLE,
        Attack::Garble(_) => ExitCode::USR_SERIALIZATION,
        Attack::Unknown(_) => ExitCode::USR_UNHANDLED_MESSAGE,
        Attack::SetMood(_) => ExitCode::OK,
    }
}

impl World {
    pub fn attack(&mut self, by: Party, attack: &Attack) -> Outcome {
        let call = match attack {
            Attack::Trespass(n) => {
                let (target, method, params, _) = TRESPASSES[*n];
                World::raw(self.target(target), method, params())
            }
            Attack::Overpay(n) => {
                let (target, method) = FREE[*n];
                World::raw(self.target(target), method, RawBytes::default()).value(fil(1))
            }
            Attack::Garble(n) => {
                let (target, method) = OPEN[*n];
                World::raw(self.target(target), method, RawBytes::new(vec![0xff, 0x00]))
            }
            Attack::Unknown(n) => {
                World::raw(self.target(TARGETS[*n]), 1 << 40, RawBytes::default())
            }
            Attack::SetMood(mood) => return self.set_mood(by, *mood),
        };
        self.send(by, call)
    }

    fn target(&self, target: Target) -> Address {
        match target {
            Target::Dao => self.cast.dao,
            Target::Storage => self.cast.storage,
            Target::Market => self.cast.market,
        }
    }

    fn set_mood(&mut self, by: Party, mood: super::step::Mood) -> Outcome {
        use super::step::Mood as M;
        let sends = match mood {
            M::PassesOn(amount) => {
                let (to, operator_data) = (self.address(Party::Cem), RawBytes::default());
                let params = token::TransferParams { to, amount: fil(amount), operator_data };
                let (to, method) = (self.cast.dao, token::Transfer::NUMBER);
                Some(hostile_owner::Message { to, method, params: encoded(&params) })
            }
            M::Friendly | M::Refuses => None,
        };
        let refuses = mood == M::Refuses;
        let mood = hostile_owner::Mood { refuses, sends, ..hostile_owner::Mood::FRIENDLY };
        let eve = self.address(Party::Eve);
        self.call::<hostile_owner::SetMood>(by, eve, &mood, 0)
    }
}

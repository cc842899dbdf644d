//! Who acts, as the model names them: addresses are for the network to know.

/// Whoever has, gets or does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// Has every role of the DAO.
    Admin,
    /// Governs the lending market.
    Governor,
    Ann,
    Bob,
    Cem,
    /// A bot that has no role and no money at stake.
    Keeper,
    /// Owns three of the miners.
    Sam,
    /// Owns one.
    Tom,
    /// A contract that owns one, and meets tokens with the mood that it is in.
    Eve,
    /// The agent of a loan.
    Agent(u64),
}

use Party::*;

impl Party {
    /// Those who lend, upload, buy and hold tokens.
    pub const PEOPLE: [Party; 3] = [Ann, Bob, Cem];
    /// Those who have $DATA given to them by hand.
    pub const HOLDERS: [Party; 4] = [Ann, Bob, Cem, Eve];
    /// All that messages come from.
    pub const CALLERS: [Party; 9] = [Admin, Governor, Ann, Bob, Cem, Keeper, Sam, Tom, Eve];
}

/// The owners of the miners, by the number of the miner.
pub const OWNERS: [Party; 5] = [Sam, Sam, Sam, Tom, Eve];
/// Miners that loans are about: their owners are people.
pub const BORROWERS: usize = 4;

/// How a miner stands.
#[derive(Clone, Debug)]
pub struct Miner {
    pub owner: Party,
    /// Whom the owner proposes as the next one.
    pub nominee: Option<Party>,
    /// Whether a penalty took all that it had.
    pub ruined: bool,
    /// Whether it ever sealed a sector.
    pub seals: bool,
}

impl Miner {
    pub fn of(owner: Party) -> Self {
        Miner { owner, nominee: None, ruined: false, seals: false }
    }
}

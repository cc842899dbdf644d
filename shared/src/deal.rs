//! Deals as their client sees them.

use alloc::format;

use fvm_ipld_encoding::from_slice;
use fvm_shared::clock::ChainEpoch;

use crate::Error;
use crate::ext::market::DealProposal;

#[cfg(target_arch = "wasm32")]
pub use asking::{forgotten, owner_of, standing};

/// What the market says of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Published, its sector not proven.
    Waiting,
    /// Its sector was proven at this epoch. Past its end, until it is settled, a deal still stands so.
    Active(ChainEpoch),
    /// Forgotten: never activated in time, terminated, or settled after its end.
    Gone,
}

/// What happened to a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Activated,
    /// Active as before.
    Kept,
    /// Never active.
    Missed,
    /// Active at its end.
    Completed,
    /// Gone before its end.
    Terminated,
    /// Gone after its end: nobody can tell any more how it ended.
    Unseen,
}

impl Standing {
    /// What happened to a deal of this term that stands so now and was seen active before, or not.
    /// `None` while it waits for its sector.
    #[must_use]
    pub fn fate(
        self,
        start: ChainEpoch,
        end: ChainEpoch,
        seen_active: bool,
        now: ChainEpoch,
    ) -> Option<Fate> {
        Some(match (self, seen_active) {
            // A sector may still be proven at the start itself.
            (Standing::Waiting, _) if now > start => Fate::Missed,
            (Standing::Waiting, _) => return None,
            (Standing::Gone, _) if now >= end => Fate::Unseen,
            (Standing::Gone, false) => Fate::Missed,
            (Standing::Gone, true) => Fate::Terminated,
            (Standing::Active(_), _) if now >= end => Fate::Completed,
            (Standing::Active(_), false) => Fate::Activated,
            (Standing::Active(_), true) => Fate::Kept,
        })
    }
}

impl Fate {
    /// All that can happen.
    pub const ALL: [Fate; 6] = [
        Fate::Activated,
        Fate::Kept,
        Fate::Missed,
        Fate::Completed,
        Fate::Terminated,
        Fate::Unseen,
    ];

    /// Whether the deal is over.
    #[must_use]
    pub fn is_end(self) -> bool {
        !matches!(self, Fate::Activated | Fate::Kept)
    }

    /// The type of the event that tells of it.
    #[must_use]
    pub fn event(self) -> &'static str {
        match self {
            Fate::Activated => "deal-activated",
            Fate::Kept => "deal-earned",
            Fate::Missed => "deal-missed",
            Fate::Completed => "deal-completed",
            Fate::Terminated => "deal-terminated",
            Fate::Unseen => "deal-unseen",
        }
    }

    /// Whether its provider has failed.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Fate::Missed | Fate::Terminated)
    }
}

/// The proposal in a message of the market.
pub fn decode(proposal: &[u8]) -> Result<DealProposal, Error> {
    from_slice(proposal).map_err(|e| Error::Params(format!("proposal: {e}")))
}

#[cfg(target_arch = "wasm32")]
mod asking {
    use fvm_shared::ActorID;
    use fvm_shared::address::Address;
    use fvm_shared::deal::DealID;
    use fvm_shared::error::ExitCode;

    use super::Standing;
    use crate::ext::MARKET_ACTOR;
    use crate::ext::market::{EX_DEAL_EXPIRED, GET_DEAL_ACTIVATION, GetDealActivationReturn};
    use crate::ext::miner::{GET_OWNER, GetOwnerReturn};
    use crate::{Error, host};

    /// Asks the market how a deal stands.
    pub fn standing(deal: DealID) -> Result<Standing, Error> {
        let market = Address::new_id(MARKET_ACTOR);
        match host::view::<_, GetDealActivationReturn>(&market, GET_DEAL_ACTIVATION, &deal) {
            Ok(found) if found.activated >= 0 => Ok(Standing::Active(found.activated)),
            Ok(_) => Ok(Standing::Waiting),
            Err(error) if forgotten(&error) => Ok(Standing::Gone),
            Err(error) => Err(error),
        }
    }

    /// Whether the market says that it knows a deal no more, or never did.
    #[must_use]
    pub fn forgotten(error: &Error) -> bool {
        let codes = [ExitCode::new(EX_DEAL_EXPIRED), ExitCode::USR_NOT_FOUND];
        matches!(error, Error::Refused { code, .. } if codes.contains(code))
    }

    /// Who owns a provider. That it is a real miner actor is for the caller to know.
    pub fn owner_of(provider: ActorID) -> Result<ActorID, Error> {
        let found: GetOwnerReturn = host::get(&Address::new_id(provider), GET_OWNER)?;
        host::resolve(&found.owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fate_follows_from_the_market_s_word_and_the_term() {
        let fate = |standing: Standing, seen, now| standing.fate(10, 20, seen, now);
        let (waiting, active, gone) = (Standing::Waiting, Standing::Active(9), Standing::Gone);
        assert_eq!(fate(waiting, false, 10), None);
        assert_eq!(fate(waiting, false, 11), Some(Fate::Missed));
        assert_eq!(fate(active, false, 19), Some(Fate::Activated));
        assert_eq!(fate(active, true, 19), Some(Fate::Kept));
        assert_eq!(fate(active, false, 20), Some(Fate::Completed));
        assert_eq!(fate(gone, false, 19), Some(Fate::Missed));
        assert_eq!(fate(gone, true, 19), Some(Fate::Terminated));
        assert_eq!(fate(gone, true, 20), Some(Fate::Unseen));
        assert_eq!(fate(gone, false, 20), Some(Fate::Unseen));
    }

    #[test]
    fn only_a_proposal_is_a_proposal() {
        assert!(matches!(decode(&[0x80]), Err(Error::Params(_))));
    }
}

//! A miner's money: its deposit, and who is paid.

use fvm_harness::{Account, Outcome, TokenAmount, fil};
use shared::ext::miner::*;

use super::miner_terms::Mine;
use super::{DAY, FORBIDDEN};

impl Mine {
    fn available(&mut self) -> TokenAmount {
        self.ask(GET_AVAILABLE_BALANCE, &()).returned()
    }

    fn vesting(&mut self) -> Vec<(i64, TokenAmount)> {
        let GetVestingFundsReturn { vesting_funds } = self.ask(GET_VESTING_FUNDS, &()).returned();
        vesting_funds
    }

    fn locked(&mut self) -> TokenAmount {
        self.vesting().into_iter().map(|(_, amount)| amount).sum()
    }

    fn balance(&self) -> TokenAmount {
        self.net.balance(self.sp.address())
    }

    fn repay(&mut self, caller: &Account) -> Outcome {
        self.call(caller, REPAY_DEBT, &())
    }
}

#[test]
fn a_new_miner_s_deposit_vests_like_a_reward() {
    let mut m = Mine::new();
    let (vesting, locked) = (m.vesting(), m.locked());
    assert!(locked > fil(0));
    assert_eq!(m.available(), m.balance() - locked);
    assert!(vesting.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let last = vesting.last().unwrap().0;
    assert!((180 * DAY..181 * DAY).contains(&(last - 1)), "{last}");
}

#[test]
fn an_empty_miner_pays_nothing_and_uses_no_quota() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 1_000_000, 5_000);
    m.withdraw(&lender, fil(1_000_000)).ok();
    let (used, paid) = (m.active().2, m.withdraw(&lender, fil(1)).returned::<TokenAmount>());
    assert_eq!((paid, m.active().2), (fil(0), used));
}

#[test]
fn the_beneficiary_does_not_repay() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    m.repay(&lender).refused(FORBIDDEN);
    let owner = m.sp.owner.clone();
    m.repay(&owner).ok();
}

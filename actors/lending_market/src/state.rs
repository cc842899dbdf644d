//! What the market keeps, and how.

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::{self, get_block, put_block};
use shared::token::Token;
use shared::{Map, MapSpec};

use crate::api::{LoanId, Record, Roles, Rules, Underwriter};
use crate::book::Book;
use crate::cover::Stake;
use crate::error::Error;
use crate::exits::{Exit, Queue};
use crate::lenders::Lender;
use crate::loan::Loan;
use crate::records::Attestation;
use crate::rules;

pub static LENDERS: MapSpec = MapSpec { name: "lenders", bit_width: 3 };
pub static EXITS: MapSpec = MapSpec { name: "exits", bit_width: 3 };
pub static LOANS: MapSpec = MapSpec { name: "loans", bit_width: 3 };
pub static UNDERWRITERS: MapSpec = MapSpec { name: "underwriters", bit_width: 3 };
pub static COVER: MapSpec = MapSpec { name: "cover", bit_width: 3 };
pub static NONCES: MapSpec = MapSpec { name: "nonces", bit_width: 3 };
pub static APPROVALS: MapSpec = MapSpec { name: "approvals", bit_width: 3 };
pub static MINERS: MapSpec = MapSpec { name: "miners", bit_width: 3 };
pub static RECORDS: MapSpec = MapSpec { name: "records", bit_width: 3 };
pub static ATTESTATIONS: MapSpec = MapSpec { name: "attestations", bit_width: 3 };

/// By lender. Whoever never had a share is not here.
pub type Lenders<'s, BS> = Map<'s, BS, ActorID, Lender>;
/// By number. Only those that wait.
pub type Exits<'s, BS> = Map<'s, BS, u64, Exit>;
/// By number: the link to [`Loan`].
pub type Loans<'s, BS> = Map<'s, BS, LoanId, Cid>;
pub type Underwriters<'s, BS> = Map<'s, BS, ActorID, Underwriter>;
/// By underwriter and sponsor. Nobody is here with nothing.
pub type Stakes<'s, BS> = Map<'s, BS, (ActorID, ActorID), Stake>;
/// By underwriter and nonce: those that are used or cancelled.
pub type Nonces<'s, BS> = Map<'s, BS, (ActorID, u64), bool>;
/// By underwriter and hash: specifications that were approved and not yet submitted.
pub type Approvals<'s, BS> = Map<'s, BS, alloc::vec::Vec<u8>, bool>;
/// By miner: the loan that has it in hand.
pub type Miners<'s, BS> = Map<'s, BS, ActorID, LoanId>;
/// By borrower, and by miner.
pub type Records<'s, BS> = Map<'s, BS, ActorID, Subject>;
/// By subject and lender.
pub type AttestationMap<'s, BS> = Map<'s, BS, (ActorID, ActorID), Attestation>;

/// The root block.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Shares of the pool.
    pub token: Token,
    /// AttoFIL of the pool that are not lent out.
    pub cash: TokenAmount,
    /// What of `cash` waits for loans.
    pub reserved: TokenAmount,
    /// AttoFIL of the balance that are not the pool's: borrowers' credit and underwriters' cover.
    pub held: TokenAmount,
    /// What the treasury is owed, also beside the pool's.
    pub fees: TokenAmount,
    /// Loans that are repaid as they should be.
    pub performing: Book,
    /// Loans that exits do not count on.
    pub impaired: Book,
    /// Income that came at once, and that exits do not count on before it is spread: negative by that.
    pub spreading: Book,
    /// Income of one share since the beginning, times [`crate::lenders::INDEX_SCALE`].
    #[serde(with = "bigint_ser")]
    pub income_index: BigInt,
    /// Losses of one share since the beginning, times the same.
    #[serde(with = "bigint_ser")]
    pub loss_index: BigInt,
    /// [`Lenders`].
    pub lenders: Cid,
    pub queue: Queue,
    /// Number of the last loan.
    pub last: LoanId,
    /// [`Loans`].
    pub loans: Cid,
    /// [`Underwriters`].
    pub underwriters: Cid,
    /// [`Records`].
    pub records: Cid,
    /// [`Cold`].
    pub cold: Cid,
}

/// What deposits, exits and payments do not change, but for a loan's last.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Cold {
    pub rules: Rules,
    pub roles: Roles,
    /// [`Stakes`].
    pub cover: Cid,
    /// [`Nonces`].
    pub nonces: Cid,
    /// [`Approvals`].
    pub approvals: Cid,
    /// [`Miners`].
    pub miners: Cid,
    /// [`AttestationMap`].
    pub attestations: Cid,
}

/// What is known of a borrower or a miner.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub record: Record,
    pub attestations: crate::api::Attestations,
}

/// A message, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub now: ChainEpoch,
    pub caller: ActorID,
    /// AttoFIL that came with it.
    pub value: TokenAmount,
}

/// A payment that a rule asks for.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    pub to: ActorID,
    pub amount: TokenAmount,
}

impl State {
    pub fn new(
        store: &impl Blockstore,
        now: ChainEpoch,
        rules: Rules,
        roles: Roles,
    ) -> Result<Self, Error> {
        rules::check(&rules, &roles)?;
        let empty = map::empty(store)?;
        let cold = Cold {
            rules,
            roles,
            cover: empty,
            nonces: empty,
            approvals: empty,
            miners: empty,
            attestations: empty,
        };
        Ok(State {
            token: Token::new(empty, false),
            cash: TokenAmount::default(),
            reserved: TokenAmount::default(),
            held: TokenAmount::default(),
            fees: TokenAmount::default(),
            performing: Book::empty(store, now)?,
            impaired: Book::empty(store, now)?,
            spreading: Book::empty(store, now)?,
            income_index: BigInt::default(),
            loss_index: BigInt::default(),
            lenders: empty,
            queue: Queue::empty(empty),
            last: 0,
            loans: empty,
            underwriters: empty,
            records: empty,
            cold: put_block(store, "cold", &cold)?,
        })
    }

    pub fn cold(&self, store: &impl Blockstore) -> Result<Cold, Error> {
        Ok(get_block(store, "cold", &self.cold)?)
    }

    pub fn set_cold(&mut self, store: &impl Blockstore, cold: &Cold) -> Result<(), Error> {
        self.cold = put_block(store, "cold", cold)?;
        Ok(())
    }

    pub fn rules(&self, store: &impl Blockstore) -> Result<Rules, Error> {
        Ok(self.cold(store)?.rules)
    }

    /// A loan as it is kept.
    pub fn loan(&self, store: &impl Blockstore, id: LoanId) -> Result<Loan, Error> {
        let loans = Loans::load(store, &self.loans, &LOANS)?;
        let link = loans.get(&id)?.ok_or(Error::NoLoan(id))?;
        Ok(get_block(store, "loan", link)?)
    }

    pub fn set_loan(
        &mut self,
        store: &impl Blockstore,
        id: LoanId,
        loan: &Loan,
    ) -> Result<(), Error> {
        let mut loans = Loans::load(store, &self.loans, &LOANS)?;
        loans.set(&id, put_block(store, "loan", loan)?)?;
        self.loans = loans.flush()?;
        Ok(())
    }

    /// What of the balance is somebody's.
    #[must_use]
    pub fn booked(&self) -> TokenAmount {
        &self.cash + &self.held + &self.fees
    }
}

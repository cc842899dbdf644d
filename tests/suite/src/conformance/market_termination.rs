//! Sectors that end early, and their deals.

use fvm_harness::{Account, Call, Provider, fil};
use fvm_ipld_bitfield::BitField;
use fvm_shared::deal::DealID;
use fvm_shared::sector::SectorNumber;
use shared::ext::market::{DealProposal, SETTLE_DEAL_PAYMENTS};
use shared::ext::market::{GET_DEAL_ACTIVATION, GET_DEAL_CLIENT, GET_DEAL_SECTOR};
use shared::ext::power::MINER_POWER;
use shared::ext::{MARKET_ACTOR, POWER_ACTOR};

use super::names::{
    GENERATE_SECTOR_LOCATION, NOMINAL_EXPIRATION, ON_MINER_SECTORS_TERMINATE, TERMINATE_SECTORS,
};
use super::stage::Stage;
use super::{DAY, MARKET, address, check};

#[test]
fn termination_does_as_recorded() {
    check("market-termination", play);
}

/// Publishes a proposal and proves it in a sector.
fn active(
    s: &mut Stage,
    sp: &mut Provider,
    client: &Account,
    proposal: &DealProposal,
) -> (DealID, SectorNumber) {
    let deal = s.deal(sp, client, proposal);
    (deal, sp.activate(&mut s.net, deal, proposal))
}

fn told(s: &mut Stage, sp: &Provider, who: &Account, deal: DealID, sector: SectorNumber) {
    for method in [GET_DEAL_CLIENT, GET_DEAL_ACTIVATION, GET_DEAL_SECTOR] {
        s.call(who, MARKET, method, &deal);
    }
    let one = BitField::try_from_bits([deal]).expect("a deal id in range");
    s.call(who, MARKET, SETTLE_DEAL_PAYMENTS, &one);
    s.call(who, sp.address(), GENERATE_SECTOR_LOCATION, &(sector,));
    s.call(who, address(POWER_ACTOR), MINER_POWER, &sp.id);
}

fn play(s: &mut Stage) {
    let mut sp = s.provider("sp");
    let (ann, eve) = (s.account("ann"), s.account("eve"));
    s.net.add_escrow(&ann, &ann, fil(1_000));

    s.chapter("A deal terminated before its start costs the client nothing");
    let early = s.paid(&sp, &ann, 1);
    let (deal, sector) = active(s, &mut sp, &ann, &early);
    told(s, &sp, &eve, deal, sector);
    sp.end_sector(&mut s.net, sector);
    told(s, &sp, &eve, deal, sector);
    s.publish(&sp, &ann, &[early]);

    s.chapter("Only controlling addresses terminate, and only what there is");
    let proposal = s.paid(&sp, &ann, 2);
    let (deal, sector) = active(s, &mut sp, &ann, &proposal);
    let (deadline, partition) = sp.locate(&mut s.net, sector);
    let of = |deadline: u64, partition: u64, sectors: &[u64]| {
        let sectors = BitField::try_from_bits(sectors.iter().copied()).expect("sector numbers");
        (vec![(deadline, partition, sectors)],)
    };
    s.call(&eve, sp.address(), TERMINATE_SECTORS, &of(deadline, partition, &[sector]));
    s.call(&sp.worker, sp.address(), TERMINATE_SECTORS, &of(48, partition, &[sector]));
    s.call(&sp.worker, sp.address(), TERMINATE_SECTORS, &of(deadline, partition, &[]));
    s.net.run(Call::new(&sp.worker, sp.address()).raw(TERMINATE_SECTORS, &[0x80]));
    let epoch = s.net.epoch();
    let forged = (epoch, BitField::try_from_bits([sector]).expect("a sector number"));
    s.call(&eve, address(MARKET_ACTOR), ON_MINER_SECTORS_TERMINATE, &forged);
    s.call(&sp.worker, address(MARKET_ACTOR), ON_MINER_SECTORS_TERMINATE, &forged);

    s.chapter("Termination pays until then, refunds the rest and burns the collateral");
    let left = proposal.start_epoch + DAY - s.net.epoch();
    s.skip_proving(&sp, sector, left);
    s.call(&eve, sp.address(), NOMINAL_EXPIRATION, &sector);
    let one = BitField::try_from_bits([deal]).expect("a deal id in range");
    s.call(&eve, MARKET, SETTLE_DEAL_PAYMENTS, &one);
    s.skip_proving(&sp, sector, 200);
    sp.end_sector(&mut s.net, sector);
    told(s, &sp, &eve, deal, sector);
    s.net.withdraw_escrow(&ann, &ann, fil(10_000));
    s.net.withdraw_escrow(&sp.owner, sp.address(), fil(10_000));
    s.net.advance(1);
}

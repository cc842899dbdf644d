//! The same as a contract of Ethereum's: `tests/solidity/LeanDao.sol`, on the official EVM actor.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER_PERMISSIVE;
use fvm_harness::{Account, Call, Network, Outcome, Provider};
use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::{ActorID, MethodNum};
use shared::Method;
use shared::ext::EAM_ACTOR;
use shared::ext::market::PublishStorageDealsReturn;
use shared::token::InvokeEvm;
use shared::token::erc20::EthAddress;

use super::Report;
use crate::story::{PIECE_SIZE, piece};
use crate::table::{self, thousands};

const CREATE_EXTERNAL: MethodNum = 4;
/// Selectors of the contract's functions, as `solc` gives them.
const LIST: [u8; 4] = [0xd9, 0xca, 0x8c, 0x8d];
const MINT: [u8; 4] = [0x40, 0xc1, 0x0f, 0x19];
const TRANSFER: [u8; 4] = [0xa9, 0x05, 0x9c, 0xbb];

type Word = [u8; 32];

fn number(n: u128) -> Word {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&n.to_be_bytes());
    word
}

/// A contract, with its owner and a provider that stores for it.
struct Contract {
    net: Network,
    admin: Account,
    sp: Provider,
    id: ActorID,
}

impl Contract {
    /// Deploys it; also what that took.
    fn deploy(mut net: Network, code: &[u8], pays_on_publish: bool) -> Result<(Self, u64)> {
        let admin = net.account("admin");
        let sp = Provider::create(&mut net, "sp");
        let mut create = |own: ActorID| -> Result<(ActorID, u64)> {
            let own = number(own.into());
            let code = [code, &own, &number(pays_on_publish.into())].concat();
            let eam = Address::new_id(EAM_ACTOR);
            let call = Call::new(&admin, eam).method(CREATE_EXTERNAL, &BytesDe(code));
            let created = net.run(call).ok();
            let gas = created.gas_used;
            let (id, _, _): (ActorID, Option<Address>, BytesDe) = created.returned();
            Ok((id, gas))
        };
        // It has to know its own ID: the one after that of a first contract.
        let (first, gas) = create(0)?;
        let (id, _) = create(first + 1)?;
        ensure!(id == first + 1, "the second contract is f0{id}, not f0{}", first + 1);
        Ok((Contract { net, admin, sp, id }, gas))
    }

    fn call(&mut self, from: &Account, selector: [u8; 4], words: &[Word]) -> Outcome {
        let data = RawBytes::new([&selector[..], &words.concat()].concat());
        let to = Address::new_id(self.id);
        self.net.run(Call::new(from, to).method(InvokeEvm::NUMBER, &data)).ok()
    }

    /// Lists the n-th piece.
    fn list(&mut self, n: u64) -> u64 {
        let hash = piece(n);
        let mut commitment = [0; 32];
        commitment.copy_from_slice(hash.hash().digest());
        let reward = number(100 * 10_u128.pow(18));
        let size = number(PIECE_SIZE.0.into());
        let admin = self.admin.clone();
        self.call(&admin, LIST, &[commitment, size, number(10), reward]).gas_used
    }

    /// Publishes the first pieces.
    fn publish(&mut self, count: u64) -> Result<u64> {
        let client = Address::new_id(self.id);
        let propose = |n| self.sp.proposal(&self.net, client, piece(n), PIECE_SIZE);
        let deals: Vec<_> = (1..=count).map(propose).collect();
        let published = self.sp.clone().publish(&mut self.net, &deals).ok();
        let gas = published.gas_used;
        let taken = published.returned::<PublishStorageDealsReturn>().ids.len();
        ensure!(taken == deals.len(), "the contract took {taken} of {count} deals");
        Ok(gas)
    }

    /// A mint and a transfer to each of ten holders: the mean of each.
    fn tokens(&mut self, holders: u64) -> (u64, u64) {
        let admin = self.admin.clone();
        let owner = self.sp.owner.clone();
        let whole = number(10_u128.pow(18));
        self.call(&admin, MINT, &[EthAddress::from_id(owner.id).word(), whole]);
        let holder = |contract: &mut Contract, n: u64| {
            EthAddress::from_id(contract.net.account(&format!("holder {n}")).id).word()
        };
        for n in 1..holders {
            let to = holder(self, n);
            self.call(&owner, TRANSFER, &[to, number(1_000)]);
        }
        let (mut minted, mut moved) = (vec![], vec![]);
        for n in (1..holders).take(10) {
            let to = holder(self, n);
            minted.push(self.call(&admin, MINT, &[to, number(7)]).gas_used);
            moved.push(self.call(&owner, TRANSFER, &[to, number(7)]).gas_used);
        }
        let mean = |gas: &[u64]| gas.iter().sum::<u64>() / gas.len().max(1) as u64;
        (mean(&minted), mean(&moved))
    }
}

/// Prints what the contract costs beside the actor, as measured on networks of their own.
pub fn compare(report: &Report, network: &dyn Fn() -> Result<Network>, hex: &Path) -> Result<()> {
    let text = std::fs::read_to_string(hex).with_context(|| {
        format!("cannot read {}: run scripts/solidity, which compiles it", hex.display())
    })?;
    let code = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes())?;
    let deploy = |pays| Contract::deploy(network()?, &code, pays);
    let mut rows = vec![];
    let mut note = |actor, method, case: &str, solidity: u64| -> Result<()> {
        let native = report.row(actor, method, case)?.gas;
        let percent = format!("{} %", native * 100 / solidity.max(1));
        let (native, solidity) = (thousands(native), thousands(solidity));
        rows.push(vec![method.to_owned(), case.to_owned(), native, solidity, percent]);
        Ok(())
    };
    let (mut contract, created) = deploy(false)?;
    note("init", "Exec", "a DataDAO", created)?;
    let mut listed = 0;
    for n in 1..=61 {
        listed = contract.list(n);
    }
    note("datadao", "AddDataset", "60 listed", listed)?;
    for holders in [3, 500] {
        let (minted, moved) = deploy(true)?.0.tokens(holders);
        let case = format!("{holders} holders");
        note("datadao", "Mint", &case, minted)?;
        note("datadao", "Transfer", &case, moved)?;
    }
    for (pays, reward) in [(false, "vesting"), (true, "minted")] {
        for count in [1, 5, 20] {
            let (mut contract, _) = deploy(pays)?;
            for n in 1..=60 {
                contract.list(n);
            }
            let case = format!("{count} deals, reward {reward}");
            note("market", "PublishStorageDeals", &case, contract.publish(count)?)?;
        }
    }
    table::print(&["method", "case", "actor", "contract", "actor ÷ contract"], &rows);
    Ok(())
}

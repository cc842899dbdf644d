//! Where a method's gas goes.

use fvm_harness::{CallTree, IpldOperation};

/// The methods that are called most: actor, name, and how the case begins.
pub const HOT: [(&str, &str, &str); 13] = [
    ("init", "Exec", "a DataDAO"),
    ("datadao", "AddDataset", "60"),
    ("datadao", "AuthenticateMessage", "of 20 deals, reward vesting"),
    ("datadao", "MarketNotifyDeal", "of 20 deals, reward vesting"),
    ("datadao", "MarketNotifyDeal", "of 20 deals, reward minted"),
    ("datadao", "Transfer", "3"),
    ("datadao", "Transfer", "500"),
    ("datadao", "Mint", "3"),
    ("perpetual-storage", "MarketNotifyDeal", "of 20"),
    ("perpetual-storage", "Refresh", "1 deal"),
    ("lending-market", "Deposit", "one of 3 "),
    ("lending-market", "Redeem", "from cash, 3 "),
    ("lending-market", "Collect", "custody"),
];

/// What gas is charged for, in the order of the printed columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes of the message and of its receipt on chain.
    Message,
    /// Calls between actors, and the value they carry.
    Calls,
    /// Instructions of WASM.
    Code,
    /// Memory and tables of WASM: laid out anew for each call.
    Memory,
    /// Blocks of state that are opened and read.
    Reads,
    /// Blocks of state that are made and kept.
    Writes,
    /// Look-ups and changes in the tree of actors and of addresses.
    Actors,
    /// Signatures and hashes.
    Crypto,
    Events,
    /// System calls themselves, and what else they ask for.
    System,
}

impl Part {
    pub const ALL: [Part; 10] = [
        Part::Message,
        Part::Calls,
        Part::Code,
        Part::Memory,
        Part::Reads,
        Part::Writes,
        Part::Actors,
        Part::Crypto,
        Part::Events,
        Part::System,
    ];

    /// By the names of `fvm`'s price list.
    fn of(charge: &str) -> Part {
        match charge {
            "OnChainMessage" | "OnChainReturnValue" => Part::Message,
            "OnMethodInvocation" | "OnReturnValue" | "OnValueTransfer" => Part::Calls,
            "wasm_exec" => Part::Code,
            "wasm_memory_init" | "wasm_memory_grow" | "wasm_table_init" => Part::Memory,
            "OnBlockOpenBase" | "OnBlockOpen" | "OnBlockRead" | "OnBlockStat"
            | "OnScanIpldLinks" => Part::Reads,
            "OnBlockCreate" | "OnBlockLink" => Part::Writes,
            "OnActorLookup" | "OnActorUpdate" | "OnActorCreate" | "OnCreateActor"
            | "OnDeleteActor" | "OnLookupAddress" | "OnResolveAddress" | "OnActorGetRoot"
            | "OnActorSetRoot" => Part::Actors,
            "OnVerifySignature" | "OnRecoverSecpPublicKey" | "OnHashing" => Part::Crypto,
            "OnActorEvent" => Part::Events,
            _ => Part::System,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Part::Message => "message",
            Part::Calls => "calls",
            Part::Code => "code",
            Part::Memory => "memory",
            Part::Reads => "reads",
            Part::Writes => "writes",
            Part::Actors => "actors",
            Part::Crypto => "crypto",
            Part::Events => "events",
            Part::System => "system",
        }
    }
}

/// What a call was charged, with the calls that it led to.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Milligas by [`Part`].
    milligas: [u64; Part::ALL.len()],
    pub blocks_read: usize,
    pub blocks_written: usize,
    pub bytes_written: usize,
}

impl Profile {
    pub fn of(call: &CallTree) -> Profile {
        let mut profile = Profile::default();
        profile.add(call);
        profile
    }

    /// The mean of several calls; nothing of none.
    pub fn of_each(calls: &[&CallTree]) -> Profile {
        let mut sum = Profile::default();
        calls.iter().for_each(|call| sum.add(call));
        let count = calls.len().max(1);
        sum.milligas.iter_mut().for_each(|part| *part /= count as u64);
        Profile {
            blocks_read: sum.blocks_read / count,
            blocks_written: sum.blocks_written / count,
            bytes_written: sum.bytes_written / count,
            ..sum
        }
    }

    fn add(&mut self, call: &CallTree) {
        for charge in &call.charges {
            self.milligas[Part::of(&charge.name) as usize] += charge.total().as_milligas();
        }
        for (operation, _, bytes) in &call.ipld {
            match operation {
                IpldOperation::Get => self.blocks_read += 1,
                IpldOperation::Put => {
                    self.blocks_written += 1;
                    self.bytes_written += bytes;
                }
            }
        }
        call.calls.iter().for_each(|call| self.add(call));
    }

    pub fn gas(&self, part: Part) -> u64 {
        self.milligas[part as usize] / 1_000
    }
}

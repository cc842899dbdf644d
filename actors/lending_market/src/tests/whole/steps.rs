//! What is tried, and with what.

use proptest::prelude::*;

use super::*;

pub const LENDERS: [ActorID; 3] = [ANN, BOB, 132];
pub const SPONSORS: [ActorID; 2] = [SPONSOR, 104];
pub const UNDERWRITERS: [ActorID; 3] = [UNDERWRITER, 105, 106];
pub const BORROWERS: [ActorID; 2] = [BORROWER, 111];
const MINERS: usize = 4;

/// A market to try it in; the numbers choose among a few.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub unit: usize,
    pub rules: usize,
}

impl Setting {
    /// What amounts are multiples of: with the smallest, roundings and virtual shares weigh most.
    pub fn unit(self) -> TokenAmount {
        [fil(1), fil(1), atto(1_000_000_007), atto(1_000)][self.unit].clone()
    }

    pub fn rules(self) -> Rules {
        let choice = self.rules;
        Rules {
            protocol_fee: [1_000, 0, 3_333][choice % 3],
            cover_share: [500, 6_667, 0][choice / 3 % 3],
            min_cover: [0, 777][choice / 9 % 2],
            impair_after: [5, 1][choice / 18] * DAY,
            cover_delay: 2 * DAY,
            min_exit: if choice.is_multiple_of(2) { self.unit() } else { atto(1) },
            ..rules()
        }
    }
}

/// Something to try; the numbers say what with, each in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub method: u8,
    pub by: usize,
    pub of: usize,
    pub part: i64,
    pub choice: usize,
}

impl Step {
    /// Nothing, the smallest amount, everything, more than that, or a part.
    pub fn some(self, all: &TokenAmount) -> TokenAmount {
        match self.choice {
            0 => fil(0),
            1 => atto(1),
            2..=4 => all.clone(),
            5 => all + atto(1),
            6 => all * 2_u64,
            _ => (all * self.part).div_floor(1_000_u64),
        }
    }

    pub fn one_of(self, ids: &[ActorID]) -> ActorID {
        ids[self.by % ids.len()]
    }

    /// A specification of some kind.
    pub fn spec(
        self,
        unit: &TokenAmount,
        free: &TokenAmount,
        impair_after: ChainEpoch,
        now: ChainEpoch,
    ) -> LoanSpec {
        let Step { by, of, part, choice, .. } = self;
        let amount = if part % 3 == 0 { free.clone() } else { unit * (1 + part / 2) };
        LoanSpec {
            underwriter: UNDERWRITERS[of % 3],
            borrower: self.one_of(&BORROWERS),
            miner: MINER + (of / 3 % MINERS) as u64,
            plan: if choice.is_multiple_of(2) { Plan::Level } else { Plan::Bullet },
            instalments: 1 + u32::try_from(of % 6).unwrap(),
            days_between: [1, 7, 30][choice / 2 % 3],
            rate: [1_200, 0, 77, 10_000][of / 6 % 4],
            late_rate: [2_000, 0, 10_000][choice % 3],
            origination_fee: [0, 123, 1_000][by],
            prepayment_fee: [0, 0, 77, 1_000][of % 4],
            grace: impair_after + [0, 1, 10][of / 2 % 3] * DAY,
            draws: match choice {
                8.. => Draws::Pledge(PledgeDraws {
                    max_draw: (&amount * 2_u64).div_ceil(3_u64),
                    window: 1 + part * 100,
                }),
                _ => Draws::Whole,
            },
            payee: (choice == 7).then_some(140),
            deadline: now + part % 4 * 5 * DAY,
            amount,
            ..super::spec()
        }
    }
}

pub const METHODS: u8 = 57;

pub fn steps() -> impl Strategy<Value = (Setting, Vec<Step>)> {
    let setting = (0..4_usize, 0..36_usize).prop_map(|(unit, rules)| Setting { unit, rules });
    let step = (0..METHODS, 0..3_usize, 0..60_usize, 0..1_000_i64, 0..12_usize)
        .prop_map(|(method, by, of, part, choice)| Step { method, by, of, part, choice });
    (setting, prop::collection::vec(step, 60..=150))
}

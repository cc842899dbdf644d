use fvm_ipld_blockstore::MemoryBlockstore;

use super::*;
use crate::rules::MAX_PERIOD;

fn refused(change: impl FnOnce(&mut Rules, &mut Roles)) -> Option<&'static str> {
    let (mut rules, mut roles) = (rules(), roles());
    change(&mut rules, &mut roles);
    match State::new(&MemoryBlockstore::default(), 0, rules, roles) {
        Ok(_) => None,
        Err(Error::Rule(rule)) => Some(rule),
        Err(other) => panic!("{other}"),
    }
}

/// What a rule says of each of these.
fn verdicts<T: Copy, const N: usize>(
    values: [T; N],
    set: fn(&mut Rules, T),
) -> [Option<&'static str>; N] {
    values.map(|value| refused(|rules, _| set(rules, value)))
}

#[test]
fn the_rules_of_the_fixture_are_sound() {
    assert_eq!(refused(|_, _| ()), None);
}

#[test]
fn a_name_has_1_to_64_bytes_and_a_symbol_1_to_16() {
    let name = Some("name");
    let names = verdicts([0, 1, 64, 65], |rules, length| rules.name = "n".repeat(length));
    assert_eq!(names, [name, None, None, name]);
    let symbol = Some("symbol");
    let symbols = verdicts([0, 1, 16, 17], |rules, length| rules.symbol = "s".repeat(length));
    assert_eq!(symbols, [symbol, None, None, symbol]);
}

#[test]
fn protocol_fee_and_cover_share_are_at_most_a_whole_together() {
    let cases = [(9_999, 1), (0, 10_000), (9_999, 2), (u32::MAX, 1)];
    let found = verdicts(cases, |rules, (fee, share)| {
        (rules.protocol_fee, rules.cover_share) = (fee, share);
    });
    let both = Some("protocol fee and cover share");
    assert_eq!(found, [None, None, both, both]);
}

#[test]
fn min_cover_is_at_most_a_whole() {
    let found = verdicts([0, 10_000, 10_001], |rules, share| rules.min_cover = share);
    assert_eq!(found, [None, None, Some("min cover")]);
}

#[test]
fn max_debt_is_something_and_at_most_a_whole() {
    let found = verdicts([0, 1, 10_000, 10_001], |rules, share| rules.max_debt = share);
    assert_eq!(found, [Some("max debt"), None, None, Some("max debt")]);
}

#[test]
fn periods_are_within_their_bounds() {
    let case = |rule, bounds: [i64; 2], set: fn(&mut Rules, i64)| {
        let [least, most] = bounds.map(|days| days * DAY);
        let found = verdicts([least - 1, least, most, most + 1], set);
        assert_eq!(found, [Some(rule), None, None, Some(rule)], "{rule}");
    };
    case("impair after", [1, 180], |rules, epochs| rules.impair_after = epochs);
    case("cover delay", [1, 365], |rules, epochs| rules.cover_delay = epochs);
    case("recovery", [30, 1_460], |rules, epochs| rules.recovery = epochs);
}

#[test]
fn amounts_are_not_negative_and_fit_128_bits() {
    let most = || TokenAmount::from_atto(u128::MAX);
    let min_exit = |amount| refused(|rules, _| rules.min_exit = amount);
    assert_eq!([atto(1), most()].map(min_exit), [None; 2]);
    assert_eq!([atto(-1), atto(0), most() + atto(1)].map(min_exit), [Some("min exit"); 3]);
    let cap = |amount| refused(|_, roles| roles.deposit_cap = amount);
    assert_eq!([atto(0), most()].map(cap), [None; 2]);
    assert_eq!([atto(-1), most() + atto(1)].map(cap), [Some("deposit cap"); 2]);
}

impl World {
    fn name_governor(&mut self, caller: ActorID, named: ActorID) -> Result<(), Error> {
        self.act(caller, fil(0), |state, store, message| {
            state.change_governor(store, message.caller, named)
        })
    }

    fn roles(&self) -> Roles {
        self.state.cold(&self.store).unwrap().roles
    }

    fn limit(&mut self, caller: ActorID, limits: Limits) -> Result<(), Error> {
        self.act(caller, fil(0), |state, store, message| {
            state.set_underwriter(store, message.caller, UNDERWRITER, limits)
        })
    }
}

#[test]
fn only_the_governor_changes_roles_and_only_to_what_the_rules_allow() {
    let mut world = World::new();
    let mut cap = |caller, amount: i64| {
        world.act(caller, fil(0), |state, store, message| {
            state.govern(store, message.caller, |roles| roles.deposit_cap = atto(amount.into()))
        })
    };
    assert_eq!(cap(ANN, 5), Err(Error::NotGovernor(ANN)));
    assert_eq!(cap(GOVERNOR, -1), Err(Error::Rule("deposit cap")));
    cap(GOVERNOR, 5).unwrap();
    assert_eq!(world.roles(), Roles { deposit_cap: atto(5), ..roles() });
}

#[test]
fn a_governor_hands_over_to_a_successor_that_confirms() {
    let mut world = World::new();
    assert_eq!(world.name_governor(ANN, ANN), Err(Error::NotGovernor(ANN)));
    world.name_governor(GOVERNOR, ANN).unwrap();
    assert_eq!((world.roles().governor, world.roles().successor), (GOVERNOR, Some(ANN)));
    // Only the one that was named, and only by its own number.
    assert_eq!(world.name_governor(BOB, BOB), Err(Error::NotGovernor(BOB)));
    assert_eq!(world.name_governor(BOB, ANN), Err(Error::NotGovernor(BOB)));
    assert_eq!(world.name_governor(ANN, BOB), Err(Error::NotGovernor(ANN)));
    world.name_governor(ANN, ANN).unwrap();
    assert_eq!((world.roles().governor, world.roles().successor), (ANN, None));
    assert_eq!(world.name_governor(GOVERNOR, GOVERNOR), Err(Error::NotGovernor(GOVERNOR)));
}

#[test]
fn a_governor_takes_the_naming_of_its_successor_back() {
    let mut world = World::new();
    world.name_governor(GOVERNOR, ANN).unwrap();
    world.name_governor(GOVERNOR, GOVERNOR).unwrap();
    assert_eq!(world.roles().successor, None);
    assert_eq!(world.name_governor(ANN, ANN), Err(Error::NotGovernor(ANN)));
    // Whom it names last counts.
    world.name_governor(GOVERNOR, ANN).unwrap();
    world.name_governor(GOVERNOR, BOB).unwrap();
    assert_eq!(world.name_governor(ANN, ANN), Err(Error::NotGovernor(ANN)));
}

#[test]
fn only_the_governor_sets_an_underwriter_and_within_bounds() {
    let mut world = World::new();
    assert_eq!(world.limit(ANN, limits()), Err(Error::NotGovernor(ANN)));
    for (period, sound) in
        [(DAY - 1, false), (DAY, true), (MAX_PERIOD, true), (MAX_PERIOD + 1, false)]
    {
        let set = world.limit(GOVERNOR, Limits { period, ..limits() });
        assert_eq!(set, if sound { Ok(()) } else { Err(Error::Rule("period")) });
    }
    let most = || TokenAmount::from_atto(u128::MAX);
    for bad in [atto(-1), most() + atto(1)] {
        let ceiling = world.limit(GOVERNOR, Limits { ceiling: bad.clone(), ..limits() });
        assert_eq!(ceiling, Err(Error::Rule("ceiling")));
        let per_period = world.limit(GOVERNOR, Limits { per_period: bad, ..limits() });
        assert_eq!(per_period, Err(Error::Rule("limit per period")));
    }
    let widest = Limits { ceiling: most(), per_period: atto(0), period: DAY };
    world.limit(GOVERNOR, widest.clone()).unwrap();
    assert_eq!(world.underwriter().limits, widest);
}

#[test]
fn new_limits_leave_what_an_underwriter_has_out_and_has_used() {
    let mut world = World::lent(2_000);
    world.cover(SPONSOR, 10).unwrap();
    world.loan(spec());
    let before = world.underwriter();
    world.limit(GOVERNOR, Limits { ceiling: fil(0), ..limits() }).unwrap();
    let limits = Limits { ceiling: fil(0), ..limits() };
    assert_eq!(world.underwriter(), Underwriter { limits, ..before });
}

#[test]
fn the_treasury_is_paid_once_what_it_is_owed() {
    let mut world = World::lent(2_000);
    let loan = world.loan(LoanSpec { origination_fee: 1_000, ..spec() });
    assert_eq!(world.loan_info(loan).phase, Phase::Live);
    // A tenth of 120 FIL. The cover's part is the lenders', as nobody has a share of the cover.
    let fees = fil(12);
    assert_eq!(world.pool().fees, fees);
    let pay = |world: &mut World| {
        let payout = world.act(BOB, fil(0), |state, store, _| state.pay_treasury(store)).unwrap();
        world.send([payout.clone()]);
        payout
    };
    assert_eq!(pay(&mut world), Payout { to: TREASURY, amount: fees });
    assert_eq!(pay(&mut world).amount, fil(0));
}

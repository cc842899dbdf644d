use super::*;
use crate::datasets::MAX_REPLICAS;
use shared::page::MAX_PAGE;

impl World {
    fn add(&mut self, by: ActorID, params: AddDatasetParams) -> Result<DatasetId, Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.add_dataset(store, &message, params))
    }

    fn update(&mut self, by: ActorID, id: DatasetId, terms: DatasetTerms) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.update_dataset(store, &message, id, terms))
    }

    fn retire(&mut self, by: ActorID, id: DatasetId) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.retire_dataset(store, &message, id))
    }

    fn dataset(&self, id: DatasetId) -> Dataset {
        self.state.dataset(&self.store, id).unwrap()
    }
}

fn params(n: u8) -> AddDatasetParams {
    AddDatasetParams { piece_cid: piece(n), piece_size: SIZE, terms: terms(n, 2) }
}

#[test]
fn a_curator_alone_adds_updates_and_retires() {
    let mut world = World::new();
    assert_eq!(code(world.add(EVE, params(0))), 67);
    assert_eq!(world.add(ADMIN, params(0)), Ok(1));
    assert_eq!(code(world.update(EVE, 1, terms(0, 3))), 67);
    assert_eq!(code(world.retire(EVE, 1)), 67);
    world.update(ADMIN, 1, terms(0, 3)).unwrap();
    world.retire(ADMIN, 1).unwrap();
    assert!(world.dataset(1).retired);
    world.check_invariants();
}

#[test]
fn a_piece_is_listed_once() {
    let mut world = World::new().listing(1, 1);
    assert_eq!(world.add(ADMIN, params(0)), Err(Error::Listed(1)));
    world.retire(ADMIN, 1).unwrap();
    assert_eq!(world.add(ADMIN, params(0)), Err(Error::Listed(1)));
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    let refused = |change: &dyn Fn(&mut AddDatasetParams)| {
        let mut params = params(0);
        change(&mut params);
        World::new().add(ADMIN, params).err().map(|error| error.exit_code().value())
    };
    let long = |bytes| vec!["x".repeat(bytes)];
    assert_eq!(refused(&|p| p.piece_cid = Cid::default()), Some(42));
    assert_eq!(refused(&|p| p.piece_size = PaddedPieceSize(2_049)), Some(43));
    assert_eq!(refused(&|p| p.piece_size = PaddedPieceSize(64 << 30)), None);
    assert_eq!(refused(&|p| p.piece_size = PaddedPieceSize(128 << 30)), Some(43));
    assert_eq!(refused(&|p| p.terms.wanted = 0), Some(44));
    assert_eq!(refused(&|p| p.terms.wanted = MAX_REPLICAS + 1), Some(44));
    assert_eq!(refused(&|p| p.terms.reward = atto(-1)), Some(45));
    let huge = TokenAmount::from_atto(fvm_shared::bigint::BigInt::from(1) << 128);
    assert_eq!(refused(&|p| p.terms.reward = huge.clone()), Some(45));
    assert_eq!(refused(&|p| p.terms.reward = atto(1_000_000)), None);
    assert_eq!(refused(&|p| p.terms.reward = atto(1_000_001)), Some(76));
    assert_eq!(refused(&|p| p.terms.locations = long(256)), None);
    assert_eq!(refused(&|p| p.terms.locations = long(257)), Some(46));
    assert_eq!(refused(&|p| p.terms.locations = vec![String::new(); 9]), Some(46));
    assert_eq!(refused(&|p| p.terms.publish_share = Some(10_001)), Some(71));
    let policy = DealPolicy { min_duration: 0, ..rules().policy };
    assert_eq!(refused(&|p| p.terms.policy = Some(policy.clone())), Some(38));
}

#[test]
fn new_terms_hold_for_new_deals_and_leave_the_old_ones_alone() {
    let mut world = World::new().listing(1, 2);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    let before = world.dataset(1).replicas;
    let dearer = DatasetTerms { reward: atto(300), ..terms(0, 2) };
    world.update(ADMIN, 1, dearer.clone()).unwrap();
    assert_eq!(world.dataset(1).replicas, before);
    assert_eq!(world.dataset(1).terms, Some(dearer));
    let recorded = world.record(&world.proposal(0), 8, SP + 1, OWNER).unwrap();
    assert_eq!(recorded.promised, atto(300));
    world.check_invariants();
}

#[test]
fn a_dataset_s_own_policy_narrows_that_of_the_dao_and_cannot_widen_it() {
    let mut world = World::new();
    let policy =
        DealPolicy { max_start_delay: 40, max_price_per_epoch: atto(1_000), ..rules().policy };
    let terms = DatasetTerms { policy: Some(policy), ..terms(0, 2) };
    world.add(ADMIN, AddDatasetParams { terms, ..params(0) }).unwrap();
    let at = |delay: i64| DealProposal {
        start_epoch: 1_000 + delay,
        end_epoch: 1_010 + delay,
        ..world.proposal(0)
    };
    assert_eq!(world.ask(&at(40), SP), Ok(()));
    assert_eq!(code(world.ask(&at(41), SP)), 55);
    let dear = DealProposal { storage_price_per_epoch: atto(8), ..at(40) };
    assert_eq!(world.ask(&dear, SP), Err(Error::Price));
}

#[test]
fn a_retired_dataset_takes_no_deals_until_it_is_wanted_again() {
    let mut world = World::new().listing(1, 1);
    world.retire(ADMIN, 1).unwrap();
    assert_eq!(world.retire(ADMIN, 1), Err(Error::Retired(1)));
    assert_eq!(world.ask(&world.proposal(0), SP), Err(Error::EnoughReplicas(0)));
    world.update(ADMIN, 1, terms(0, 1)).unwrap();
    assert_eq!(world.ask(&world.proposal(0), SP), Ok(()));
}

#[test]
fn the_list_tells_what_there_is_and_what_is_wanted() {
    let mut world = World::new().listing(3, 2);
    let _ = world.record(&world.proposal(1), 7, SP, OWNER).unwrap();
    let _ = world.record(&world.proposal(1), 8, SP + 1, OWNER).unwrap();
    world.refresh(2, &[(7, Standing::Active(1_000))]).unwrap();
    world.retire(ADMIN, 3).unwrap();
    let list = |from, limit| world.state.list_datasets(&world.store, &PageParams { from, limit });
    let all = list(0, MAX_PAGE).unwrap();
    let counts: Vec<_> = all.iter().map(|d| (d.id, d.wanted, d.current, d.active)).collect();
    assert_eq!(counts, [(1, 2, 0, 0), (2, 2, 2, 1), (3, 0, 0, 0)]);
    assert_eq!(all[1].piece_cid, piece(1));
    assert_eq!(list(2, 1).unwrap(), all[1..2]);
    assert_eq!(list(4, 10).unwrap(), []);
    assert_eq!(list(u64::MAX, MAX_PAGE).unwrap(), []);
    assert_eq!(code(list(1, 0)), 72);
    assert_eq!(code(list(1, MAX_PAGE + 1)), 72);
}

#[test]
fn deals_are_listed_by_dataset_and_found_by_piece() {
    let mut world = World::new().listing(3, 2);
    for (deal, n) in [(7, 0), (8, 2), (9, 2)] {
        let _ = world.record(&world.proposal(n), deal, SP + deal, OWNER).unwrap();
    }
    let page = |from, limit| PageParams { from, limit };
    let listed = world.state.list_deals(&world.store, &page(1, 100)).unwrap();
    let ids: Vec<_> = listed.iter().map(|deal| (deal.dataset, deal.replica.deal)).collect();
    assert_eq!(ids, [(1, 7), (3, 8), (3, 9)]);
    assert_eq!(world.state.list_deals(&world.store, &page(2, 1)).unwrap(), []);
    let find = |n, deal| {
        let key = crate::datasets::commitment(&piece(n)).unwrap();
        world.state.deal(&world.store, &key, deal)
    };
    assert_eq!(find(2, 9).unwrap(), listed[2]);
    assert_eq!(code(find(0, 9)), 34);
    assert_eq!(code(find(9, 9)), 34);
}

#[test]
fn a_reader_is_told_where_the_data_is_active_first() {
    let mut world = World::new().listing(1, 2);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    let _ = world.record(&world.proposal(0), 8, SP + 1, OWNER).unwrap();
    world.refresh(1, &[(8, Standing::Active(1_000))]).unwrap();
    let found = world.state.retrieval(&world.store, 1).unwrap();
    assert_eq!(found.payload_cid, Some(DataCid(piece(0))));
    let sources: Vec<_> = found.sources.iter().map(|s| (s.provider, s.activated)).collect();
    assert_eq!(sources, [(SP + 1, Some(1_000)), (SP, None)]);
    let replica = &world.dataset(1).replicas[0];
    let one = world.state.retrieval_of(&world.store, 1, replica).unwrap();
    assert_eq!(one.sources, found.sources[1..]);
    assert_eq!(code(world.state.retrieval(&world.store, 2)), 33);
}

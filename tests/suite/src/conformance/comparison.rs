//! The comparison itself: it can fail, and what it is held to is what was recorded.

use serde_json::{Value, json};

use super::tell::tell;
use super::transcript::{Official, Transcript, compare};
use super::{accounts, hold_to, official};

/// A short scenario, as it is played now.
fn played() -> Vec<Value> {
    tell(accounts::play).into_iter().map(|line| line.json).collect()
}

fn bundle(name: &str) -> Official {
    Official { name: name.into(), manifest: format!("cid of {name}") }
}

#[test]
fn a_transcript_with_one_field_changed_is_refused_where_it_was_changed() {
    let played = played();
    let doctored = |key: &str, value: Value| {
        let line = played.iter().rposition(|line| line.get(key).is_some()).expect("such a line");
        let mut expected = played.clone();
        expected[line][key] = value;
        let difference = compare(&expected, &played).expect_err("a difference");
        assert_eq!(difference.line, line);
        let told = format!("\n  {key}: expected {}", expected[line][key]);
        assert!(difference.told.contains(&told), "{}", difference.told);
    };
    assert!(compare(&played, &played).is_ok());
    doctored("exit", json!(99));
    doctored("returns", json!(false));
    doctored("balances", json!({ "ann": "1" }));
    doctored("epoch", json!(7));
    doctored("method", json!("Send 1"));
}

#[test]
fn a_scenario_that_is_played_is_refused_by_a_doctored_transcript() {
    let mut recorded = Transcript::default();
    recorded.record(bundle("mainnet"), played());
    let (text, played) = (recorded.text(), tell(accounts::play));
    let refused = |text: &str| {
        let transcript = Transcript::parse(text).expect("a transcript");
        hold_to("accounts", &transcript, &played).map_err(|error| error.to_string())
    };
    assert_eq!(refused(&text), Ok(()));
    let exit = refused(&text.replacen("\"exit\":16", "\"exit\":0", 1)).expect_err("a difference");
    assert!(exit.contains("exit: expected 0, got 16"), "{exit}");
    assert!(exit.contains("in \"An account refuses anything else\""), "{exit}");
    assert!(exit.contains("UPDATE_SNAPSHOTS=1 BUILTIN_ACTORS_CAR=<bundle>"), "{exit}");
    let doctored = text.replacen("99999000000000000000000", "99999000000000000000001", 1);
    let balance = refused(&doctored).expect_err("a difference");
    assert!(balance.contains("balances: expected"), "{balance}");
}

#[test]
fn a_message_more_or_less_is_a_difference() {
    let played = played();
    let last = played.len() - 1;
    assert_eq!(compare(&played[..last], &played).expect_err("one more").line, last);
    assert_eq!(compare(&played, &played[..last]).expect_err("one less").line, last);
    assert_eq!(compare(&played[1..], &played).expect_err("another first").line, 0);
}

#[test]
fn what_the_bundles_do_alike_is_kept_once_and_what_they_do_not_by_name() {
    let line = |exit: u32| json!({ "n": 1, "exit": exit });
    let title = json!("a title");
    let (one, other) = (vec![title.clone(), line(0)], vec![title, line(16), line(0)]);
    let mut transcript = Transcript::default();
    transcript.record(bundle("mainnet"), vec![line(5)]);
    transcript.record(bundle("testing"), other.clone());
    transcript.record(bundle("mainnet"), one.clone());
    let text = transcript.text();
    assert_eq!(text.matches("a title").count(), 1);
    let read = Transcript::parse(&text).expect("what was written");
    assert_eq!(read.text(), text);
    assert_eq!(read.expected(Some(&bundle("testing"))).expect("one of both"), other);
    for in_use in [None, Some(bundle("mainnet")), Some(bundle("unknown"))] {
        assert_eq!(read.expected(in_use.as_ref()).expect("the standard"), one);
    }
}

#[test]
fn a_bundle_is_known_by_its_name_and_its_manifest() {
    let mut transcript = Transcript::default();
    transcript.record(bundle("mainnet"), vec![]);
    let renewed = Official { manifest: "another cid".into(), ..bundle("mainnet") };
    assert!(transcript.knows(&bundle("mainnet")));
    assert!(!transcript.knows(&renewed) && !transcript.knows(&bundle("calibnet")));
}

#[test]
fn stand_ins_are_not_recorded_whatever_their_file_is_called() {
    let stand_ins = &fab::bundles().expect("actors that build").builtin;
    assert_eq!(official(stand_ins).expect("a readable bundle"), None);
}

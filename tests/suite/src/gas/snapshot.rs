//! Gas and code as they were: a change that moves them shows it in `tests/snapshots/gas.json`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p suite snapshot` takes it anew, on the stand-in built-in actors: on
//! others gas is not compared. As code is to the byte the same in whatever directory it is built, a clean
//! clone checks that too.
//!
//! All this is so with the compiler of actors that the snapshot names. Which one that is a machine decides:
//! rustup's by `rust-toolchain.toml`, or whatever Debian has. With another one gas may differ by 3 % and
//! code is not compared, and the run says so. It does not fail: a distribution's new compiler is no fault
//! of a change that happens to be tested that day. Goals hold with any.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fab::build::{Toolchain, workspace_root};
use fab::gas::Report;
use serde::{Deserialize, Serialize};

use super::report;
use crate::setup::{UPDATE, skipped, updating};

/// Parts of a thousand by which gas may differ with another compiler.
const OTHER_COMPILER: u64 = 30;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
struct Snapshot {
    compiler: String,
    /// By name.
    actors: BTreeMap<String, Module>,
    /// By actor, method and case.
    gas: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
struct Module {
    code: String,
    bytes: usize,
}

impl Snapshot {
    fn of(report: &Report) -> Self {
        let module = |s: &fab::gas::Shipped| {
            (s.name.to_owned(), Module { code: s.code.to_string(), bytes: s.bytes })
        };
        let cost = |row: &fab::gas::Row| (row.name(), row.gas);
        Snapshot {
            compiler: Toolchain::find().expect("a toolchain").rustc_version,
            actors: report.shipped.iter().map(module).collect(),
            gas: report.rows.iter().map(cost).collect(),
        }
    }

    /// What is other than in `kept`, in words.
    fn changes(&self, kept: &Snapshot) -> Vec<String> {
        [self.code_changes(kept), self.gas_changes(kept)].concat()
    }

    fn gas_changes(&self, kept: &Snapshot) -> Vec<String> {
        let same = self.compiler == kept.compiler;
        let margin = |gas: u64| if same { 0 } else { gas * OTHER_COMPILER / 1000 };
        let mut changes = vec![];
        for name in names(&self.gas, &kept.gas) {
            match (kept.gas.get(name), self.gas.get(name)) {
                (Some(old), Some(new)) if old.abs_diff(*new) <= margin(*old) => {}
                (Some(old), Some(new)) => changes.push(format!("{name}: {old}, now {new}")),
                (None, _) => changes.push(format!("{name}: not in the snapshot")),
                (_, None) => changes.push(format!("{name}: not measured any more")),
            }
        }
        changes
    }

    fn code_changes(&self, kept: &Snapshot) -> Vec<String> {
        let same = self.compiler == kept.compiler;
        let mut changes = vec![];
        for name in names(&self.actors, &kept.actors) {
            match (kept.actors.get(name), self.actors.get(name)) {
                (Some(was), Some(now)) if was == now || !same => {}
                (was, now) => changes.push(format!("{name}: {was:?}, now {now:?}")),
            }
        }
        changes
    }
}

/// The names in either.
fn names<'a, T>(
    one: &'a BTreeMap<String, T>,
    other: &'a BTreeMap<String, T>,
) -> BTreeSet<&'a String> {
    one.keys().chain(other.keys()).collect()
}

fn path() -> PathBuf {
    workspace_root().join("tests/snapshots/gas.json")
}

fn kept() -> Snapshot {
    let text = std::fs::read_to_string(path()).expect("tests/snapshots/gas.json");
    serde_json::from_str(&text).expect("a snapshot")
}

#[test]
fn gas_and_code_are_those_of_the_snapshot() {
    let (now, official) = (Snapshot::of(report()), fab::official_bundle().is_some());
    if updating() && !official {
        let text = serde_json::to_string_pretty(&now).expect("JSON");
        std::fs::write(path(), text + "\n").expect("a file");
        return;
    }
    let kept = kept();
    if now.compiler != kept.compiler {
        let why = format!(
            "it is of {}, and this is {}: gas may differ by {} ‰",
            kept.compiler, now.compiler, OTHER_COMPILER
        );
        skipped("the snapshot of code", &why);
    }
    let mut changes = now.code_changes(&kept);
    if official {
        skipped("the snapshot of gas", "it is of the stand-ins");
    } else {
        changes.extend(now.gas_changes(&kept));
    }
    assert!(
        changes.is_empty(),
        "Gas or code changed:\n{}\nIf that is meant: {UPDATE}=1 cargo test -p suite snapshot",
        changes.join("\n")
    );
}

#[test]
fn a_snapshot_sees_every_change() {
    let kept = kept();
    assert_eq!(kept.changes(&kept), [""; 0]);
    let name = kept.gas.keys().next().expect("a method");
    let dearer = |gas| {
        let mut now = kept.clone();
        now.gas.entry(name.clone()).and_modify(|old| *old += gas);
        now
    };
    assert_eq!(dearer(1).changes(&kept).len(), 1);
    let mut fewer = kept.clone();
    fewer.gas.remove(name);
    assert_eq!((fewer.changes(&kept).len(), kept.changes(&fewer).len()), (1, 1));
    let mut other = kept.clone();
    other.actors.values_mut().for_each(|module| module.bytes += 1);
    assert_eq!(other.changes(&kept).len(), kept.actors.len());
    let mut gone = kept.clone();
    gone.actors.pop_first();
    assert_eq!((gone.changes(&kept).len(), kept.changes(&gone).len()), (1, 1));
    let elsewhere = |now: Snapshot| Snapshot { compiler: "rustc 9".into(), ..now };
    assert_eq!(elsewhere(other).changes(&kept), [""; 0]);
    assert_eq!(elsewhere(gone).changes(&kept).len(), 1);
    assert_eq!(elsewhere(dearer(1)).changes(&kept), [""; 0]);
    assert_eq!(elsewhere(dearer(kept.gas[name])).changes(&kept).len(), 1);
}

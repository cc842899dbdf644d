//! Rules of the source itself; those of what is written about it are in [`documents`].

mod documents;

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file has at the most, so that each is about one thing.
const MAX_LINES: usize = 500;
/// Characters of a line of a comment at the most, tables, pictures and addresses aside.
const MAX_WIDTH: usize = 110;
/// Directories with sources.
const ALL: [&str; 4] = ["actors", "shared", "tests", "scripts"];

pub fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let mut paths = vec![];
    walk(&fab::build::workspace_root().join(directory), &mut paths);
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a readable source");
        (path, text)
    };
    let found: Vec<_> = paths.into_iter().filter(is_source).map(read).collect();
    assert!(!found.is_empty(), "no sources under {directory}");
    found
}

/// Every file, but for what is hidden and what tools put there.
fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    const MADE: [&str; 2] = ["target", "node_modules"];
    for entry in fs::read_dir(path).expect("a readable directory") {
        let entry = entry.expect("a readable entry");
        let name = entry.file_name();
        let name = name.to_str().expect("a name in UTF-8");
        if entry.path().is_dir() && !name.starts_with('.') && !MADE.contains(&name) {
            walk(&entry.path(), found);
        } else if entry.path().is_file() {
            found.push(entry.path());
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(fab::build::workspace_root().join(path)).expect("a readable file")
}

/// The cells of every row of every table of a Markdown text.
pub fn rows_of(text: &str) -> Vec<Vec<String>> {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(cells).collect()
}

/// What runs as an actor of ours.
fn of_actors() -> impl Iterator<Item = (PathBuf, String)> {
    sources("actors").into_iter().chain(sources("shared"))
}

/// The rules of an actor stay plain Rust: one module makes system calls. Of `fvm_actor_utils` all but the
/// types of its receiver hook does too.
#[test]
fn only_the_host_module_imports_the_sdk() {
    let of_others = of_actors().filter(|(path, _)| !path.ends_with("shared/src/host.rs"));
    for (path, text) in of_others {
        assert!(!text.contains("fvm_sdk"), "{} uses fvm_sdk", path.display());
        let plain =
            text.split("fvm_actor_utils").skip(1).all(|use_| use_.starts_with("::receiver::"));
        assert!(plain, "{} uses what makes system calls", path.display());
    }
}

#[test]
fn only_the_glue_of_an_actor_uses_the_host() {
    for (path, text) in sources("actors") {
        let glue = path.ends_with("src/actor.rs")
            || path.parent().is_some_and(|in_| in_.ends_with("actor"));
        assert!(glue || !text.contains("shared::host"), "{} uses the host", path.display());
    }
}

/// Each crate of actor code says for itself what it denies, beside what the workspace does, and nothing in
/// it takes that back but its invariants, which tests alone go over. What is shipped traps where an integer
/// overflows all the same.
#[test]
fn actor_code_denies_what_can_panic() {
    const DENIED: [&str; 9] = [
        "arithmetic_side_effects",
        "cast_possible_wrap",
        "expect_used",
        "float_arithmetic",
        "indexing_slicing",
        "panic",
        "string_slice",
        "unreachable",
        "unwrap_used",
    ];
    let mut crates = 0;
    for (path, text) in of_actors() {
        if path.ends_with("src/lib.rs") {
            let (_, rest) = text.split_once("not(test),\n    deny(").expect("what it denies");
            let (list, _) = rest.split_once(")\n)]").expect("the end of what it denies");
            let denied: Vec<_> = list.split(',').map(str::trim).collect();
            assert_eq!(denied, DENIED.map(|lint| format!("clippy::{lint}")), "{}", path.display());
            crates += 1;
        }
        let invariants = path.ends_with("src/invariants.rs");
        for lenient in ["allow(clippy::", "expect(clippy::", "warn(clippy::"] {
            let strict = invariants || !text.contains(lenient);
            assert!(strict, "{} has {lenient}…)", path.display());
        }
    }
    assert_eq!(crates, 6, "five actors and what they share");
    let workspace = read("Cargo.toml");
    let (_, profile) = workspace.split_once("\n[profile.wasm]\n").expect("the profile of actors");
    let settings = profile.split("\n[").next().expect("its settings").lines();
    assert_eq!(settings.filter(|line| *line == "overflow-checks = true").count(), 1);
}

#[test]
fn no_file_outgrows_its_idea() {
    for (path, text) in ALL.into_iter().flat_map(sources) {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn comments_are_no_wider_than_others() {
    let drawn = |line: &str| line.contains(['|', '│', '─']) || line.contains("://");
    for (path, text) in ALL.into_iter().flat_map(sources) {
        for (line, number) in text.lines().zip(1..) {
            let comment = line.trim_start().starts_with("//") && !drawn(line);
            let width = line.chars().count();
            let fits = !comment || width <= MAX_WIDTH;
            assert!(fits, "{}, line {number}, has {width} characters", path.display());
        }
    }
}

/// The repository is at home on any machine.
#[test]
fn nothing_names_a_path_of_one_machine() {
    let root = fab::build::workspace_root();
    let mut paths: Vec<_> = fs::read_dir(&root)
        .expect("the workspace")
        .map(|entry| entry.expect("a readable entry").path())
        // In a work tree of git it says where the repository is.
        .filter(|path| path.is_file() && !path.ends_with(".git"))
        .collect();
    ALL.iter().for_each(|directory| walk(&root.join(directory), &mut paths));
    for path in paths {
        // What is not text has no paths that anyone follows.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for home in ["work", "home", "root", "Users", "tmp/w"].map(|home| format!("/{home}/")) {
            let named = text.match_indices(&home).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "./}_-".contains(c))
            });
            assert!(!named, "{} names a path under {home}", path.display());
        }
    }
}

/// The documentation shows it first.
#[test]
fn every_crate_says_what_it_is() {
    let crates = ALL
        .into_iter()
        .flat_map(sources)
        .filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
    for (path, text) in crates {
        assert!(text.starts_with("//! "), "{} does not say what it is", path.display());
    }
}

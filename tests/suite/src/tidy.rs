//! Rules of the source itself.

use std::fs;
use std::path::{Path, PathBuf};

use shared::deal::Fate;
use shared::ext::loan_agent;
use shared::method::Listed;
use shared::token;

/// Lines that a file has at the most, so that each is about one thing.
const MAX_LINES: usize = 500;
/// Actors whose READMEs their users build on, with the tables of their methods.
const DOCUMENTED: [(&str, &[&[Listed]]); 4] = [
    ("datadao", &[actor_datadao::api::METHODS, token::METHODS]),
    ("lending_market", &[actor_lending_market::api::METHODS, token::METHODS]),
    ("loan_agent", &[loan_agent::METHODS, actor_loan_agent::api::METHODS]),
    ("perpetual_storage", &[actor_perpetual_storage::api::METHODS]),
];
/// Those of them that are clients of storage deals, and emit the events of `shared::deal`.
const CLIENTS: [&str; 2] = ["datadao", "perpetual_storage"];

pub fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    fn walk(path: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(path).expect("a readable directory") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable source");
                found.push((path, text));
            }
        }
    }
    let mut found = vec![];
    walk(&fab::build::workspace_root().join(directory), &mut found);
    assert!(!found.is_empty(), "no sources under {directory}");
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(fab::build::workspace_root().join(path)).expect("a readable file")
}

/// The cells of every row of every table of a Markdown file.
pub fn table_rows(path: &str) -> Vec<Vec<String>> {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    let text = read(path);
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(cells).collect()
}

fn readme_of(actor: &str) -> String {
    format!("actors/{actor}/README.md")
}

/// The rules of an actor stay plain Rust: one module makes system calls.
#[test]
fn only_the_host_module_imports_the_sdk() {
    for (path, text) in sources("actors").into_iter().chain(sources("shared")) {
        let allowed = path.ends_with("shared/src/host.rs");
        assert!(allowed || !text.contains("fvm_sdk"), "{} uses fvm_sdk", path.display());
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

#[test]
fn no_file_outgrows_its_idea() {
    for directory in ["actors", "shared", "tests", "scripts"] {
        for (path, text) in sources(directory) {
            let lines = text.lines().count();
            assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn the_readme_names_every_command() {
    let readme = read("README.md");
    let commands =
        ["build", "demo", "gas", "bench", "methods", "commp", "worker", "underwrite", "lint"];
    for command in commands {
        assert!(readme.contains(&format!("`cargo fab {command}")), "README lacks {command}");
    }
}

#[test]
fn an_actor_s_readme_has_every_method_with_its_number() {
    for (actor, tables) in DOCUMENTED {
        let rows = table_rows(&readme_of(actor));
        for Listed { name, number, .. } in tables.iter().copied().flatten() {
            let row = [name.to_string(), number.to_string()];
            let told = rows.iter().any(|cells| cells.starts_with(&row));
            assert!(told, "{actor}: no row for {name}, {number}");
        }
    }
}

/// The table may say a bound where the message has a placeholder for it.
#[test]
fn an_actor_s_readme_has_every_exit_code_with_its_message() {
    for (actor, _) in DOCUMENTED {
        let rows = table_rows(&readme_of(actor));
        let mut codes = 0;
        for line in read(&format!("actors/{actor}/src/error.rs")).lines() {
            let Some((code, variant)) = line.trim().split_once(" => ") else { continue };
            let message = variant.split('"').nth(1).expect("a message in the line of its code");
            let told = rows.iter().flat_map(|cells| cells.windows(2)).any(|pair| {
                pair[0] == code && fragments(message).all(|fragment| pair[1].contains(fragment))
            });
            assert!(told, "{actor}: no row for {code}, {message}");
            codes += 1;
        }
        assert!(codes > 0, "no exit codes in error.rs of {actor}");
    }
}

/// What a message says around its placeholders.
fn fragments(message: &str) -> impl Iterator<Item = &str> {
    message.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
}

/// A text in an actor's glue that looks like a type is one, but for the keys of fields and the names
/// of roles.
#[test]
fn an_actor_s_readme_has_every_event() {
    for (actor, _) in DOCUMENTED {
        let rows = table_rows(&readme_of(actor));
        let has =
            |kind: &str| rows.iter().any(|cells| cells[0].split(", ").any(|told| told == kind));
        let client = CLIENTS.contains(&actor);
        for kind in Fate::ALL.map(Fate::event).into_iter().filter(|_| client) {
            assert!(has(kind), "{actor}: no row for the event {kind}");
        }
        let mut kinds = 0;
        for (path, text) in sources(&format!("actors/{actor}/src/actor")) {
            let parts: Vec<_> = text.split('"').collect();
            for [code, kind] in parts.as_chunks().0 {
                let other = [".indexed(", ".field(", "Caller::Role(", "encoding(", "state("];
                let other = other.iter().any(|call| code.trim_end().ends_with(call));
                if other || !kind.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                    continue;
                }
                assert!(has(kind), "no row for the event {kind} of {}", path.display());
                kinds += 1;
            }
        }
        assert!(kinds > 0, "no events in the glue of {actor}");
    }
}

/// Tests are told from other code by their long names.
#[test]
fn an_actor_s_readme_names_guards_that_there_are() {
    let code: Vec<_> = ["actors", "shared", "tests"].into_iter().flat_map(sources).collect();
    let is_word = |text: &&str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    for (actor, _) in DOCUMENTED {
        let readme = read(&readme_of(actor));
        let mut guards = 0;
        let words = readme.split('`').filter(is_word);
        for name in words.filter(|word| word.matches('_').count() > 2) {
            guards += 1;
            let declared = format!("fn {name}(");
            let there = code.iter().any(|(_, text)| text.contains(&declared));
            assert!(there, "{actor}: there is no test {name}");
        }
        assert!(guards > 0, "no guards in the README of {actor}");
    }
}

//! Rules of the source itself.

use std::fs;
use std::path::{Path, PathBuf};

use abi::actors::methods;
use shared::deal::Fate;
use shared::method::Listed;

/// Lines that a file has at the most, so that each is about one thing.
const MAX_LINES: usize = 500;
/// Actors whose READMEs their users build on.
const DOCUMENTED: [&str; 4] = ["datadao", "lending_market", "loan_agent", "perpetual_storage"];
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

fn table_rows(path: &str) -> Vec<Vec<String>> {
    rows_of(&read(path))
}

/// The cells of every row of every table of a Markdown text.
pub fn rows_of(text: &str) -> Vec<Vec<String>> {
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(cells).collect()
}

/// What a text names as code.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
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

/// Each crate of actor code says for itself what it denies, beside what the workspace does.
#[test]
fn actor_code_denies_what_can_panic() {
    const PANICS: &str = "arithmetic_side_effects expect_used indexing_slicing panic string_slice unreachable unwrap_used";
    let mut crates = 0;
    for (path, text) in sources("actors").into_iter().chain(sources("shared")) {
        if path.ends_with("src/lib.rs") {
            let (_, denied) = text.split_once("not(test),\n    deny(").expect("what it denies");
            for lint in PANICS.split(' ') {
                let lint = format!(" clippy::{lint}");
                assert!(denied.contains(&lint), "{} does not deny{lint}", path.display());
            }
            crates += 1;
        }
    }
    assert!(crates > 1, "no crates of actors");
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
    let commands = "build reproduce demo gas bench methods commp worker underwrite lint";
    for command in commands.split(' ') {
        assert!(readme.contains(&format!("`cargo fab {command}")), "README lacks {command}");
    }
}

#[test]
fn an_actor_s_readme_has_every_method_with_its_number() {
    for actor in DOCUMENTED {
        let (rows, name) = (table_rows(&readme_of(actor)), actor.replace('_', "-"));
        assert!(methods(&name).count() > 0, "{name} has no methods");
        for Listed { name, number, .. } in methods(&name) {
            let row = [name.to_string(), number.to_string()];
            let told = rows.iter().any(|cells| cells.starts_with(&row));
            assert!(told, "{actor}: no row for {name}, {number}");
        }
    }
}

/// The table may say a bound where the message has a placeholder for it.
#[test]
fn an_actor_s_readme_has_every_exit_code_with_its_message() {
    for actor in DOCUMENTED {
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
    for actor in DOCUMENTED {
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

/// The documents that list invariants: of every actor, and of what actors share.
fn ledgers() -> Vec<String> {
    let actors = fs::read_dir(fab::build::workspace_root().join("actors")).expect("the actors");
    let names = actors.map(|entry| entry.expect("a readable entry").file_name());
    let readmes = names.map(|name| readme_of(name.to_str().expect("a name in UTF-8")));
    readmes.chain(["shared/README.md".to_owned()]).collect()
}

/// Tests are told from other code by their long names.
fn is_guard(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.chars().all(plain) && word.matches('_').count() > 2
}

#[test]
fn documents_name_guards_that_there_are() {
    let code: Vec<_> = ["actors", "shared", "tests"].into_iter().flat_map(sources).collect();
    for document in ledgers().into_iter().chain(["SECURITY.md".to_owned()]) {
        let text = read(&document);
        let mut guards = 0;
        for name in quoted(&text).filter(|word| is_guard(word)) {
            guards += 1;
            let declared = format!("fn {name}(");
            let there = code.iter().any(|(_, text)| text.contains(&declared));
            assert!(there, "{document}: there is no test {name}");
        }
        assert!(guards > 0, "no guards in {document}");
    }
}

/// Code is named by its file, seen from the document or from the root, and then its functions.
#[test]
fn every_invariant_names_the_code_that_keeps_it_and_a_test() {
    for document in ledgers() {
        let text = read(&document);
        let section = text.split("\n## ").find(|section| section.starts_with("Invariants\n"));
        let rows = rows_of(section.expect("a section on invariants"));
        let rows: Vec<_> =
            rows.iter().filter(|row| quoted(&row.concat()).next().is_some()).collect();
        for row in &rows {
            let [rule, code, tests] = row.as_slice() else { panic!("{document}: {row:?}") };
            assert!(quoted(tests).any(is_guard), "{document}: no test of: {rule}");
            let mut file = None;
            for word in quoted(code) {
                if word.ends_with(".rs") {
                    let beside = document.replace("README.md", word);
                    let root = fab::build::workspace_root();
                    let found = if root.join(&beside).exists() { &beside } else { word };
                    file = Some(read(found));
                } else if let Some(text) = &file {
                    let there = ["(", "<"].map(|end| text.contains(&format!("fn {word}{end}")));
                    assert!(there.contains(&true), "{document}: no {word} where it is said");
                }
            }
            assert!(file.is_some(), "{document}: no code of: {rule}");
        }
        assert!(!rows.is_empty(), "no invariants in {document}");
    }
}

#[test]
fn documents_link_to_what_there_is() {
    let root = fab::build::workspace_root();
    let others = ["README.md", "SECURITY.md", "CHANGELOG.md", "tests/hostile/README.md"];
    for document in ledgers().into_iter().chain(others.map(str::to_owned)) {
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let path = target.split('#').next().expect("a path, if an empty one");
            let from = root.join(&document);
            let there = from.parent().expect("a directory").join(path).exists();
            assert!(there, "{document}: there is no {target}");
        }
    }
}

/// Links to pages of other crates, which the documentation's own check passes over: it finds them only
/// where those were made first.
#[test]
fn the_front_page_links_to_what_there_is() {
    let sources: Vec<_> =
        ["actors", "shared", "tests", "scripts"].into_iter().flat_map(sources).collect();
    let text = read("scripts/fab/src/lib.rs");
    let pages: Vec<_> =
        text.split("../").skip(1).filter_map(|rest| rest.split_once(".html")).collect();
    for (page, _) in &pages {
        let mut parts: Vec<_> = page.split('/').collect();
        assert_eq!(parts.pop(), Some("index"), "{page} is not the page of a module");
        let name = parts.remove(0);
        let name = name.strip_prefix("actor_").or(name.strip_prefix("fvm_")).unwrap_or(name);
        let file = parts.first().map_or("lib.rs".to_owned(), |module| format!("{module}.rs"));
        let ends = [format!("{name}/src/{file}"), format!("{name}/src/{}/mod.rs", parts.concat())];
        let there = sources.iter().any(|(path, _)| ends.iter().any(|end| path.ends_with(end)));
        assert!(there, "the front page links to {page}, which is not there");
    }
    assert!(!pages.is_empty(), "no links on the front page");
}

/// The documentation shows it first.
#[test]
fn every_crate_says_what_it_is() {
    for directory in ["actors", "shared", "tests", "scripts"] {
        let crates = sources(directory)
            .into_iter()
            .filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
        for (path, text) in crates {
            assert!(text.starts_with("//! "), "{} does not say what it is", path.display());
        }
    }
}

//! What is written about the source holds of it.

use std::collections::BTreeSet;
use std::fs;

use abi::actors::methods;
use clap::CommandFactory;
use fab::cli::Cli;
use shared::deal::Fate;
use shared::method::Listed;

use super::{ALL, read, rows_of, sources};

const SECURITY: &str = "SECURITY.md";
/// Actors whose READMEs their users build on.
const DOCUMENTED: [&str; 4] = ["datadao", "lending_market", "loan_agent", "perpetual_storage"];
/// Those of them that are clients of storage deals, and emit the events of `shared::deal`.
const CLIENTS: [&str; 2] = ["datadao", "perpetual_storage"];

fn table_rows(path: &str) -> Vec<Vec<String>> {
    rows_of(&read(path))
}

/// What a text names as code.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn readme_of(actor: &str) -> String {
    format!("actors/{actor}/README.md")
}

#[test]
fn the_readme_names_every_command() {
    let rows = table_rows("README.md");
    for command in Cli::command().get_subcommands().map(clap::Command::get_name) {
        let [alone, with] = ["`", " "].map(|end| format!("`cargo fab {command}{end}"));
        let told = |row: &Vec<String>| row[0].starts_with(&alone) || row[0].starts_with(&with);
        assert!(rows.iter().any(told), "README lacks {command}");
    }
}

#[test]
fn an_actor_s_readme_has_every_method_with_its_number() {
    for actor in DOCUMENTED.into_iter().chain(["init"]) {
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

/// The names in a directory.
fn names_in(directory: &str) -> Vec<String> {
    let path = fab::build::workspace_root().join(directory);
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a name in UTF-8");
    let entries = fs::read_dir(path).expect("a readable directory");
    entries.map(|entry| name(entry.expect("a readable entry"))).collect()
}

/// The documents that list invariants: of every actor, and of what actors share.
fn ledgers() -> Vec<String> {
    let readmes = names_in("actors").into_iter().map(|actor| readme_of(&actor));
    readmes.chain(["shared/README.md".to_owned()]).collect()
}

/// Tests are told from other code by their long names.
fn is_guard(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.chars().all(plain) && word.matches('_').count() > 2
}

/// The names of all tests, properties among them.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in ALL.into_iter().flat_map(sources) {
        for rest in text.split("#[test]").skip(1) {
            let named = rest.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
            found.extend(named.map(|(name, _)| name.to_owned()));
        }
    }
    found
}

#[test]
fn documents_name_guards_that_there_are() {
    let tests = tests();
    for document in ledgers().into_iter().chain([SECURITY.to_owned()]) {
        let text = read(&document);
        let guards: Vec<_> = quoted(&text).filter(|word| is_guard(word)).collect();
        for name in &guards {
            assert!(tests.contains(*name), "{document}: there is no test {name}");
        }
        assert!(!guards.is_empty(), "no guards in {document}");
    }
}

/// A path can stand for several, by `{a,b}` or by `*`. What ends like a directory can be the file of the
/// module.
#[test]
fn documents_name_files_that_there_are() {
    let root = fab::build::workspace_root();
    let is_path = |word: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./*{},".contains(c);
        let known = ALL.iter().any(|directory| word.starts_with(&format!("{directory}/")));
        (known || word.ends_with(".rs")) && word.chars().all(plain)
    };
    for document in ledgers().into_iter().chain([SECURITY.to_owned()]) {
        let text = read(&document);
        let beside = root.join(&document);
        let beside = beside.parent().expect("a directory");
        for path in quoted(&text).filter(is_path).flat_map(each) {
            let there = [&root, beside]
                .iter()
                .any(|from| from.join(&path).exists() || from.join(format!("{path}.rs")).exists());
            assert!(there, "{document}: there is no {path}");
        }
    }
}

/// The paths that one stands for.
fn each(path: &str) -> Vec<String> {
    if let Some((before, after)) = path.split_once('*') {
        let (directory, start) = before.rsplit_once('/').expect("a directory");
        let (end, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        let mut names = names_in(directory);
        names.retain(|name| name.starts_with(start) && name.ends_with(end));
        assert!(!names.is_empty(), "there is no {path}");
        return names.iter().map(|name| format!("{directory}/{name}{rest}")).collect();
    }
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (names, after) = rest.split_once('}').expect("the end of a list");
    names.split(',').map(|name| [before, name, after].concat()).collect()
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
    let others = ["README.md", SECURITY, "CHANGELOG.md", "tests/hostile/README.md"];
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
    let sources: Vec<_> = ALL.into_iter().flat_map(sources).collect();
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

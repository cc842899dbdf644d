//! Rules of the source itself.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file has at the most, so that each is about one thing.
const MAX_LINES: usize = 500;

fn sources(directory: &str) -> Vec<(PathBuf, String)> {
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
        let glue = path.ends_with("src/actor.rs");
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
    let readme = fs::read_to_string(fab::build::workspace_root().join("README.md"));
    let readme = readme.expect("a README");
    for command in ["build", "demo", "gas", "bench", "commp", "lint"] {
        assert!(readme.contains(&format!("`cargo fab {command}")), "README lacks {command}");
    }
}

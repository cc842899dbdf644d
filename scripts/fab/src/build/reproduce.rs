//! Whether code depends on where it is built. It must not: whoever checks an actor on a network
//! against this source builds it in a directory of their own.
//!
//! Both builds are by the same toolchain, from the same registry. What is built here may be what cargo
//! kept, which in a clean clone is nothing. If cargo kept what it should not have, the two differ: it
//! can make this fail, and not pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{Toolchain, build_shipped, workspace_root};
use crate::table;

/// `fab reproduce`: builds the actors here, and from nothing in a copy of the source, and compares.
pub fn reproduce() -> Result<()> {
    let root = workspace_root();
    let toolchain = Toolchain::find()?;
    let (_, here) = build_shipped(&root, &toolchain)?;
    let copy = root.join("target/reproduce");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot clear {}", copy.display()))?;
    }
    copy_source(&root, &copy)?;
    // Flags of the compiler name the directory, which must be the one that it sees.
    let copy = copy.canonicalize()?;
    let (_, there) = build_shipped(&copy, &toolchain)?;

    let mut differ = 0;
    let mut rows = vec![];
    for (here, there) in here.iter().zip(&there) {
        let same = here.code == there.code;
        differ += usize::from(!same);
        let again = if same { "the same".to_owned() } else { there.code.to_string() };
        rows.push(vec![here.name.clone(), here.code.to_string(), again]);
    }
    table::print(&["actor", "code CID here", "in a copy of the source"], &rows);
    if differ > 0 {
        bail!(
            "{differ} of {} actors depend on where they are built: compare the modules under \
             target/wasm with those under {}",
            rows.len(),
            copy.join("target/wasm").display()
        );
    }
    fs::remove_dir_all(&copy).with_context(|| format!("cannot clear {}", copy.display()))
}

/// Copies the source as it is now: what is built is what is being worked on.
fn copy_source(root: &Path, copy: &Path) -> Result<()> {
    let mut names = vec![];
    if root.join(".git").exists() {
        names = listed_by_git(root)?;
    } else {
        walk(root, Path::new(""), &mut names)?;
    }
    for name in names {
        let (from, to) = (root.join(&name), copy.join(name));
        // What was deleted and not yet committed is listed too.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file has a directory")?)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

/// What git tracks and what it could.
fn listed_by_git(root: &Path) -> Result<Vec<PathBuf>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    ensure!(listed.status.success(), "git: {}", String::from_utf8_lossy(&listed.stderr).trim());
    Ok(String::from_utf8(listed.stdout)?.split_terminator('\0').map(PathBuf::from).collect())
}

/// The files of a released archive: all but what is built and installed, as `.gitignore` has it.
fn walk(root: &Path, within: &Path, names: &mut Vec<PathBuf>) -> Result<()> {
    let dir = root.join(within);
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let name = within.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            names.push(name);
        } else if name != Path::new("target") && entry.file_name() != "node_modules" {
            walk(root, &name, names)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_s_files_are_all_but_what_is_built_or_installed() {
        let root = workspace_root().join("target/archive");
        if root.exists() {
            fs::remove_dir_all(&root).expect("the archive of the last run");
        }
        let source = [".cargo/config.toml", "Cargo.toml", "actors/a/src/lib.rs"];
        for name in source.into_iter().chain(["target/a", "tests/b/node_modules/c"]) {
            fs::create_dir_all(root.join(name).parent().expect("a directory")).expect("a new one");
            fs::write(root.join(name), "").expect("a file");
        }
        let mut names = vec![];
        walk(&root, Path::new(""), &mut names).expect("a readable tree");
        names.sort();
        assert_eq!(names, source.map(PathBuf::from));
    }
}

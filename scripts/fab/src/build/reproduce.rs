//! Whether code depends on where it is built. It must not: whoever checks an actor on a network
//! against this source builds it in a directory of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{build_in, workspace_root};
use crate::table;

/// `fab reproduce`: builds the actors here, and from nothing in a copy of the source, and compares.
pub fn reproduce() -> Result<()> {
    let root = workspace_root();
    let here = build_in(&root)?.entries;
    let copy = root.join("target/reproduce");
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("cannot clear {}", copy.display()))?;
    }
    copy_source(&root, &copy)?;
    // Flags of the compiler name the directory, which must be the one that it sees.
    let copy = copy.canonicalize()?;
    let there = build_in(&copy)?.entries;

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

/// Copies what git tracks and what it could, as it is now: what is built is what is being worked on.
fn copy_source(root: &Path, copy: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    ensure!(listed.status.success(), "git: {}", String::from_utf8_lossy(&listed.stderr).trim());
    for name in String::from_utf8(listed.stdout)?.split_terminator('\0') {
        let (from, to) = (root.join(name), copy.join(name));
        // What was deleted and not yet committed is listed too.
        if from.is_file() {
            fs::create_dir_all(to.parent().context("a file has a directory")?)?;
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}

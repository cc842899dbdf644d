//! Inputs to start from: seeds, and the file of what else is worth trying.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::{fs, io};

use data_encoding::HEXLOWER;

use crate::Target;

/// The longest input that the file keeps, in bytes: what one reaches, a shorter one does as well.
const MAX_KEPT: usize = 512;

fn file(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{}.hex", target.name))
}

/// All inputs to start from.
pub fn inputs(target: &Target) -> Result<BTreeSet<Vec<u8>>> {
    let kept = match fs::read_to_string(file(target)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let bytes = |line: &str| HEXLOWER.decode(line.as_bytes());
    let kept: std::result::Result<Vec<_>, _> = kept.lines().map(bytes).collect();
    let kept =
        kept.map_err(|error| Error::other(format!("{}: {error}", file(target).display())))?;
    Ok(kept.into_iter().chain((target.seeds)()).collect())
}

/// Writes them as libFuzzer wants them: a file each, in a directory.
pub fn unpack(target: &Target, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    for (nth, input) in inputs(target)?.iter().enumerate() {
        fs::write(directory.join(format!("start-{nth}")), input)?;
    }
    Ok(())
}

/// Keeps in the file, beside what it has, those inputs of a directory that are no seeds.
pub fn pack(target: &Target, directory: &Path) -> Result<()> {
    let mut kept = inputs(target)?;
    for entry in fs::read_dir(directory)? {
        let input = fs::read(entry?.path())?;
        if input.len() <= MAX_KEPT {
            kept.insert(input);
        }
    }
    for seed in (target.seeds)() {
        kept.remove(&seed);
    }
    let mut kept: Vec<_> = kept.iter().map(|input| HEXLOWER.encode(input)).collect();
    kept.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let lines = kept.into_iter().map(|line| line + "\n").collect::<String>();
    io::Write::write_all(&mut fs::File::create(file(target))?, lines.as_bytes())
}

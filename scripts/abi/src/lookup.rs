//! Finding what is asked for by name, and what may have been meant.

use fvm_shared::MethodNum;

use crate::error::{Error, Path};
use crate::schema::{Abi, Actor, Definition, Method};

/// Edits by which a name can differ from what it was meant to be.
const MAX_EDITS: usize = 3;
/// Methods that an error lists, at the most.
const MAX_LISTED: usize = 12;

impl Abi {
    /// An actor by its name in the bundle. With underscores instead of hyphens it is found as well.
    pub fn actor(&self, name: &str) -> Result<&Actor, String> {
        let wanted = name.replace('_', "-");
        let names = || self.actors.iter().map(|actor| actor.name.as_str());
        self.actors.iter().find(|actor| actor.name == wanted).ok_or_else(|| {
            let hint = suggest(&wanted, names());
            format!("no actor {name}{hint}; there are {}", names().collect::<Vec<_>>().join(", "))
        })
    }
}

impl Actor {
    /// A method by name, in any case of letters, or by number.
    pub fn method(&self, wanted: &str) -> Result<&Method, String> {
        let number: Option<MethodNum> = wanted.parse().ok();
        let is_it = |method: &&Method| {
            Some(method.number) == number || method.name.eq_ignore_ascii_case(wanted)
        };
        self.methods.iter().find(is_it).ok_or_else(|| {
            let names = || self.methods.iter().map(|method| method.name.as_str());
            let hint = match suggest(wanted, names()) {
                none if none.is_empty() && self.methods.len() <= MAX_LISTED => {
                    format!(": it has {}", names().collect::<Vec<_>>().join(", "))
                }
                near => near,
            };
            let number = if number.is_some() { " of the number" } else { "" };
            let name = &self.name;
            format!(
                "{name} has no method{number} {wanted}{hint}; `cargo fab methods {name}` describes them"
            )
        })
    }

    pub(crate) fn definition(&self, name: &str, at: &Path<'_>) -> Result<&Definition, Error> {
        let definition = self.types.get(name);
        definition.ok_or_else(|| Error::new(at, format_args!("{} has no type {name}", self.name)))
    }
}

/// What may have been meant, as the end of a message: nothing if no name is like it.
pub(crate) fn suggest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let wanted = wanted.to_lowercase();
    let near = names.map(|name| (distance(&wanted, &name.to_lowercase()), name));
    // A short name is like every other one.
    let near = near.filter(|(edits, name)| *edits <= MAX_EDITS && edits * 2 < name.len());
    match near.min_by_key(|(edits, _)| *edits) {
        Some((_, name)) => format!(": did you mean {name}?"),
        None => String::new(),
    }
}

/// Letters to insert, delete or replace to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut above_left = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let replaced = above_left + usize::from(x != y);
            above_left = *cell;
            left = replaced.min(left + 1).min(*cell + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_off_by_little_is_suggested_and_no_other() {
        let names = || ["AddDataset", "GetDataset", "Mint"].into_iter();
        assert_eq!(suggest("AddDatset", names()), ": did you mean AddDataset?");
        assert_eq!(suggest("getdatasets", names()), ": did you mean GetDataset?");
        assert_eq!(suggest("Mnt", names()), ": did you mean Mint?");
        assert_eq!(suggest("Burn", names()), "");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

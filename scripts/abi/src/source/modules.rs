//! Modules of crates, and what a path in one of them stands for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use syn::{Attribute, Item, UseTree};

/// Imports that are followed before a path is given up as circular.
const MAX_IMPORTS: usize = 32;

/// A module by its path, the crate first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Vec<String>);

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Module(Place),
    Item(Place, String),
    /// Of a crate that is not read, or of the language.
    Foreign(Vec<String>),
}

pub struct Crate {
    name: String,
    modules: BTreeMap<Place, Module>,
}

#[derive(Default)]
pub struct Module {
    pub items: Vec<Item>,
    /// Names that are imported, and what is imported under each.
    imports: Vec<(String, Vec<String>)>,
    /// Modules whose names are all imported.
    globs: Vec<Vec<String>>,
}

pub struct Sources {
    crates: Vec<String>,
    modules: BTreeMap<Place, Module>,
}

impl Place {
    pub fn of(path: &str) -> Self {
        Place(path.split("::").map(ToOwned::to_owned).collect())
    }

    pub fn child(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        path.push(name.to_owned());
        Place(path)
    }

    fn root(&self) -> Self {
        Place(self.0.iter().take(1).cloned().collect())
    }

    fn parent(&self) -> Self {
        Place(self.0.iter().take(self.0.len().saturating_sub(1)).cloned().collect())
    }

    /// The last name of the path.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("::"))
    }
}

impl Crate {
    pub fn read(name: &str, directory: &Path) -> Result<Self> {
        let mut modules = BTreeMap::new();
        let items = parse_file(&directory.join("lib.rs"))?;
        gather(Place::of(name), items, Some(directory), &mut modules)?;
        Ok(Crate { name: name.to_owned(), modules })
    }

    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut modules = BTreeMap::new();
        let file = syn::parse_file(text).with_context(|| format!("cannot parse {name}"))?;
        gather(Place::of(name), file.items, None, &mut modules)?;
        Ok(Crate { name: name.to_owned(), modules })
    }
}

/// The items of a file.
pub fn parse_file(path: &Path) -> Result<Vec<Item>> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let file =
        syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    Ok(file.items)
}

/// Takes in a module and those in it. `directory` is where the files of those are.
fn gather(
    place: Place,
    items: Vec<Item>,
    directory: Option<&Path>,
    modules: &mut BTreeMap<Place, Module>,
) -> Result<()> {
    let mut module = Module::default();
    for item in items {
        match item {
            Item::Use(import) => module.import(Vec::new(), import.tree),
            Item::Mod(inner) if is_conditional(&inner.attrs) => {}
            Item::Mod(inner) => {
                let name = inner.ident.to_string();
                let below = directory.map(|directory| directory.join(&name));
                let items = match (inner.content, directory) {
                    (Some((_, items)), _) => items,
                    (None, None) => bail!("{place} has the module {name} in another file"),
                    (None, Some(directory)) => {
                        let file = directory.join(format!("{name}.rs"));
                        let file =
                            if file.exists() { file } else { directory.join(&name).join("mod.rs") };
                        parse_file(&file)?
                    }
                };
                gather(place.child(&name), items, below.as_deref(), modules)?;
            }
            item => module.items.push(item),
        }
    }
    modules.insert(place, module);
    Ok(())
}

/// The value of a constant that is written as an integer.
pub fn integer(item: &syn::ItemConst) -> Option<u64> {
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(value), .. }) = &*item.expr else {
        return None;
    };
    value.base10_parse().ok()
}

fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

impl Module {
    fn import(&mut self, mut path: Vec<String>, tree: UseTree) {
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.import(path, *next.tree);
            }
            UseTree::Name(last) if last.ident == "self" => {
                let name = path.last().cloned().unwrap_or_default();
                self.imports.push((name, path));
            }
            UseTree::Name(last) => {
                path.push(last.ident.to_string());
                self.imports.push((last.ident.to_string(), path));
            }
            UseTree::Rename(last) => {
                path.push(last.ident.to_string());
                self.imports.push((last.rename.to_string(), path));
            }
            UseTree::Glob(_) => self.globs.push(path),
            UseTree::Group(group) => {
                for tree in group.items {
                    self.import(path.clone(), tree);
                }
            }
        }
    }

    /// A type or a constant of this module.
    pub fn item(&self, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| match item {
            Item::Struct(item) => item.ident == name,
            Item::Enum(item) => item.ident == name,
            Item::Type(item) => item.ident == name,
            Item::Const(item) => item.ident == name,
            _ => false,
        })
    }
}

impl Sources {
    pub fn new(crates: Vec<Crate>) -> Self {
        let names = crates.iter().map(|one| one.name.clone()).collect();
        let modules = crates.into_iter().flat_map(|one| one.modules).collect();
        Sources { crates: names, modules }
    }

    pub fn module(&self, place: &Place) -> Result<&Module> {
        self.modules.get(place).with_context(|| format!("there is no module {place}"))
    }

    /// What a path stands for in a module.
    pub fn resolve(&self, at: &Place, path: &[String]) -> Result<Found> {
        let found = self.find(at, path, MAX_IMPORTS);
        found.with_context(|| format!("cannot tell what {} is in {at}", path.join("::")))
    }

    fn find(&self, at: &Place, path: &[String], left: usize) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let left = left.checked_sub(1)?;
        let start = match first.as_str() {
            "crate" => Found::Module(at.root()),
            "self" => Found::Module(at.clone()),
            "super" => Found::Module(at.parent()),
            name => match self.named(at, name, left) {
                Some(found) => found,
                None if self.crates.iter().any(|known| known == name) => {
                    Found::Module(Place::of(name))
                }
                None => return Some(Found::Foreign(path.to_vec())),
            },
        };
        match start {
            found if rest.is_empty() => Some(found),
            Found::Module(place) => self.within(&place, rest, left),
            Found::Foreign(mut start) => {
                start.extend_from_slice(rest);
                Some(Found::Foreign(start))
            }
            Found::Item(..) => None,
        }
    }

    /// A path from a module down: without what only the language or other crates have.
    fn within(&self, place: &Place, path: &[String], left: usize) -> Option<Found> {
        match path.split_first()? {
            (first, _) if first == "super" => self.find(&place.parent(), path.get(1..)?, left),
            (first, []) => self.named(place, first, left),
            (first, rest) => match self.named(place, first, left)? {
                Found::Module(place) => self.within(&place, rest, left),
                Found::Foreign(mut start) => {
                    start.extend_from_slice(rest);
                    Some(Found::Foreign(start))
                }
                Found::Item(..) => None,
            },
        }
    }

    /// A name that a module has: its own, imported, or imported with all of another module.
    fn named(&self, at: &Place, name: &str, left: usize) -> Option<Found> {
        let left = left.checked_sub(1)?;
        let module = self.modules.get(at)?;
        if module.item(name).is_some() {
            return Some(Found::Item(at.clone(), name.to_owned()));
        }
        if self.modules.contains_key(&at.child(name)) {
            return Some(Found::Module(at.child(name)));
        }
        if let Some((_, path)) = module.imports.iter().find(|(known, _)| known == name) {
            return match path.split_first() {
                Some((first, [])) if first == name => None,
                // `use name::…` names a crate, unless the module has such a module.
                Some((first, _)) if first == name => match self.modules.get(&at.child(first)) {
                    Some(_) => self.find(at, path, left),
                    None => self.of_crate(path, left),
                },
                _ => self.find(at, path, left),
            };
        }
        module.globs.iter().find_map(|glob| match self.find(at, glob, left)? {
            Found::Module(place) if place != *at => self.named(&place, name, left),
            _ => None,
        })
    }

    fn of_crate(&self, path: &[String], left: usize) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        if self.crates.iter().any(|known| known == first) {
            return self.within(&Place::of(first), rest, left);
        }
        Some(Found::Foreign(path.to_vec()))
    }

    /// The value of a constant that is written as an integer.
    pub fn constant(&self, at: &Place, path: &[String]) -> Result<u64> {
        if let Found::Item(place, name) = self.resolve(at, path)?
            && let Some(Item::Const(item)) = self.module(&place)?.item(&name)
            && let Some(value) = integer(item)
        {
            return Ok(value);
        }
        bail!("{} in {at} must be a constant that is written as an integer", path.join("::"))
    }
}

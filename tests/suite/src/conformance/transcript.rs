//! Transcripts as they are kept: what the official actors did in a scenario.
//!
//! A file has what every bundle did that was recorded. A line on which they agree stands there once;
//! one on which they do not is an object with what each did by the bundle's name.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use cid::Cid;
use serde_json::{Map, Value};

/// The bundle that other actors are held to: the stand-ins follow mainnet's policy.
const STANDARD: &str = "mainnet";

/// A bundle of official actors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Official {
    pub name: String,
    /// The CID of its manifest, and so of all names and codes.
    pub manifest: String,
}

impl Official {
    /// Named by its file, which is `builtin-actors-<network>.car`.
    pub fn new(path: &Path, manifest: Cid) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.strip_prefix("builtin-actors-").unwrap_or(&stem).to_owned();
        Official { name, manifest: manifest.to_string() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Transcript {
    bundles: Vec<(Official, Vec<Value>)>,
}

impl Transcript {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        Self::parse(&text).with_context(|| format!("the transcript {}", path.display()))
    }

    pub fn parse(text: &str) -> Result<Self> {
        let mut file: Map<String, Value> = serde_json::from_str(text)?;
        let mut take = |key: &str| file.remove(key).with_context(|| format!("has no {key}"));
        let names: Map<String, Value> = serde_json::from_value(take("bundles")?)?;
        let lines: Vec<Value> = serde_json::from_value(take("lines")?)?;
        let mut bundles = vec![];
        for (name, manifest) in names {
            let manifest = manifest.as_str().context("a manifest that is no CID")?.to_owned();
            let own = lines.iter().filter_map(|line| match split(line) {
                Some(by_bundle) => by_bundle.get(&name).cloned(),
                None => Some(line.clone()),
            });
            bundles.push((Official { manifest, name: name.clone() }, own.collect()));
        }
        Ok(Transcript { bundles })
    }

    /// What these actors are to do: what they were recorded with, or else what the standard was.
    pub fn expected(&self, in_use: Option<&Official>) -> Result<&[Value]> {
        let find =
            |is_it: &dyn Fn(&Official) -> bool| self.bundles.iter().find(|(of, _)| is_it(of));
        let own = find(&|of| Some(of) == in_use).or_else(|| find(&|of| of.name == STANDARD));
        Ok(&own.with_context(|| format!("{STANDARD} is not recorded"))?.1)
    }

    /// Whether it has this bundle, to the byte.
    pub fn knows(&self, bundle: &Official) -> bool {
        self.bundles.iter().any(|(known, _)| known == bundle)
    }

    /// Puts what a bundle does in the place of what it was recorded with before.
    pub fn record(&mut self, bundle: Official, lines: Vec<Value>) {
        self.bundles.retain(|(known, _)| known.name != bundle.name);
        self.bundles.push((bundle, lines));
        self.bundles.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    }

    pub fn text(&self) -> String {
        let names =
            self.bundles.iter().map(|(of, _)| (of.name.clone(), of.manifest.clone().into()));
        let names = Value::Object(names.collect());
        let most = self.bundles.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        let lines: Vec<String> = (0..most).map(|n| format!("\n{}", self.line(n))).collect();
        format!("{{\n\"bundles\": {names},\n\"lines\": [{}\n]}}\n", lines.join(","))
    }

    fn line(&self, n: usize) -> Value {
        let all = self.bundles.iter().map(|(of, lines)| (of, lines.get(n)));
        let mut own = all.clone().filter_map(|(_, line)| line);
        let first = own.next().cloned().unwrap_or_default();
        if all.clone().all(|(_, line)| line == Some(&first)) {
            return first;
        }
        Value::Object(all.filter_map(|(of, line)| Some((of.name.clone(), line?.clone()))).collect())
    }
}

/// The lines of each bundle, where they differ: a message has its number.
fn split(line: &Value) -> Option<&Map<String, Value>> {
    line.as_object().filter(|object| !object.contains_key("n"))
}

/// Whether actors did what was recorded. If not, says what the first difference is.
pub fn compare(expected: &[Value], got: &[Value]) -> Result<(), Difference> {
    let lines = expected.len().max(got.len());
    match (0..lines).find(|n| expected.get(*n) != got.get(*n)) {
        None => Ok(()),
        Some(line) => Err(Difference::at(line, expected, got)),
    }
}

/// Where a transcript and what was played part.
#[derive(Debug)]
pub struct Difference {
    pub line: usize,
    pub told: String,
}

impl Difference {
    fn at(line: usize, expected: &[Value], got: &[Value]) -> Self {
        let mut told_before = expected.iter().take(line + 1).rev();
        let chapter = told_before.find_map(Value::as_str).unwrap_or("the beginning");
        let (expected, got) = (expected.get(line), got.get(line));
        let mut told = format!("in \"{chapter}\"");
        let show = |line: Option<&Value>| line.map_or("nothing".into(), Value::to_string);
        let fields = match (expected, got) {
            (Some(Value::Object(expected)), Some(Value::Object(got))) => fields(expected, got),
            _ => String::new(),
        };
        let _ = write!(told, "\n  expected {}\n  got      {}{fields}", show(expected), show(got));
        Difference { line, told }
    }
}

/// The fields that are not the same, one a line.
fn fields(expected: &Map<String, Value>, got: &Map<String, Value>) -> String {
    let added = got.keys().filter(|key| !expected.contains_key(*key));
    let differing = expected.keys().chain(added).filter(|key| expected.get(*key) != got.get(*key));
    let show = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    let line = |key: &String| {
        format!("\n  {key}: expected {}, got {}", show(expected.get(key)), show(got.get(key)))
    };
    differing.map(line).collect()
}

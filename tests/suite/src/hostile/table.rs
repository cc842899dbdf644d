//! The tables of `tests/hostile/README.md`, which are what a run says.

use std::fs;
use std::sync::Mutex;

use crate::setup::{UPDATE, updating};

pub const README: &str = "tests/hostile/README.md";
/// Tests run at the same time.
static FILE: Mutex<()> = Mutex::new(());

/// A table whose first column names its rows.
pub struct Table {
    name: &'static str,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(name: &'static str, head: &[&str]) -> Self {
        Table { name, head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows: vec![] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.head.len(), "{cells:?}");
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = format!("|{}\n", "---|".repeat(self.head.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        [line(&self.head), rule, rows].concat()
    }

    /// Asserts that the README has the table as it is here.
    #[track_caller]
    pub fn verify(self) {
        let path = fab::build::workspace_root().join(README);
        let table = self.markdown();
        let lock = FILE.lock();
        let readme = fs::read_to_string(&path).expect("a readable file");
        let [before, told, after] = parts(&readme, self.name);
        if updating() {
            fs::write(&path, [before, &table, after].concat()).expect("a writable file");
        } else if told != table {
            drop(lock);
            let off = table.lines().zip(told.lines()).find(|(now, told)| now != told);
            let (now, told) = off.unwrap_or(("another number of rows", ""));
            panic!(
                "{README}, table {}, is not what the run says; if it should be, run the test with \
                 {UPDATE}=1 and read what changed.\nrun:    {now}\nREADME: {told}",
                self.name
            );
        }
    }
}

/// What the README says before a table, the table, and what it says after it.
#[track_caller]
fn parts<'a>(readme: &'a str, name: &str) -> [&'a str; 3] {
    let [begin, end] = ["begin", "end"].map(|end| format!("<!-- {end}: {name} -->\n"));
    let found = readme.find(&begin).zip(readme.find(&end));
    let (begins, ends) = found.unwrap_or_else(|| panic!("no table {name} in {README}"));
    let (before, rest) = readme.split_at(begins + begin.len());
    let (table, after) = rest.split_at(ends - before.len());
    [before, table, after]
}

/// The columns and the rows of a table of the README.
#[track_caller]
pub fn names(table: &str) -> Vec<String> {
    let path = fab::build::workspace_root().join(README);
    let lock = FILE.lock();
    let readme = fs::read_to_string(path).expect("a readable file");
    drop(lock);
    let mut rows = crate::tidy::rows_of(parts(&readme, table)[1]).into_iter();
    let head = rows.next().unwrap_or_default();
    head.into_iter().chain(rows.filter_map(|row| row.into_iter().next())).collect()
}

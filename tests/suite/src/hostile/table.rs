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
        let marks = ["begin", "end"].map(|end| format!("<!-- {end}: {} -->\n", self.name));
        let parts = readme
            .split_once(&marks[0])
            .and_then(|(before, rest)| Some((before, rest.split_once(&marks[1])?)));
        let (before, (told, after)) =
            parts.unwrap_or_else(|| panic!("no {} in {README}", self.name));
        if updating() {
            let whole = [before, &marks[0], &table, &marks[1], after].concat();
            fs::write(&path, whole).expect("a writable file");
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

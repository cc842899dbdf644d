//! Inputs to start from, between the repository and libFuzzer: `corpus unpack TARGET DIRECTORY`
//! writes them there, `corpus pack TARGET DIRECTORY` keeps those that are there.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use fuzz::{TARGETS, corpus};

fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        [what @ ("pack" | "unpack"), name, directory] => {
            let target = TARGETS.iter().find(|target| target.name == name);
            let target = target.ok_or_else(|| {
                let names = TARGETS.map(|target| target.name).join(", ");
                format!("no target {name}; there are {names}")
            });
            target.and_then(|target| {
                let done = if what == "pack" { corpus::pack } else { corpus::unpack };
                done(target, Path::new(directory)).map_err(|error| format!("{directory}: {error}"))
            })
        }
        _ => Err("usage: corpus pack|unpack TARGET DIRECTORY".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corpus: {error}");
            ExitCode::FAILURE
        }
    }
}

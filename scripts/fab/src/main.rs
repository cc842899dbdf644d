//! The `fab` command.

use std::process::ExitCode;

use clap::Parser;
use fab::cli::Cli;
use fab::voice::on_terminal;

fn main() -> ExitCode {
    // Whoever reads in a pipe may have read enough.
    sigpipe::reset();
    let cli = Cli::parse();
    match on_terminal(|voice| cli.run(voice)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

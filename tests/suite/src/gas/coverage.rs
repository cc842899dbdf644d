//! What is measured: every method of every actor that is shipped.

use fab::gas::profile::HOT;

use super::report;

/// Methods without a measurement, and why.
const NOT_MEASURED: [(&str, &str, &str); 4] = [
    ("init", "Constructor", "genesis runs it, which costs nobody gas"),
    ("datadao", "BalanceOf", "it is Balance under its other name"),
    ("lending-market", "BalanceOf", "it is Balance under its other name"),
    ("perpetual-storage", "Receive", "it takes DataCap alone, and does nothing"),
];

#[test]
fn every_method_is_measured_or_it_is_said_why_not() {
    let measured = |actor: &str, method: &str| {
        report().rows.iter().any(|row| row.actor == actor && row.method == method)
    };
    let excused = |actor: &str, method: &str| {
        NOT_MEASURED.iter().any(|(of, name, _)| (*of, *name) == (actor, method))
    };
    let mut wrong = vec![];
    for actor in report().shipped.iter().map(|shipped| shipped.name) {
        for method in &fab::typed::actor(actor).expect("a description").methods {
            if measured(actor, &method.name) == excused(actor, &method.name) {
                wrong.push(format!("{actor} {}", method.name));
            }
        }
    }
    assert!(wrong.is_empty(), "not measured, or measured and excused: {wrong:#?}");
}

#[test]
fn the_methods_that_are_called_most_are_all_profiled() {
    for (actor, method, case) in HOT {
        report().row(actor, method, case).expect("a measurement");
    }
}

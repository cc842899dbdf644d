//! How fast the embedded network is on this machine.

use std::time::{Duration, Instant};

use anyhow::Result;
use fvm_harness::{Call, Network, atto};

use crate::story::Dao;
use crate::table;

/// Messages of one measurement.
const MESSAGES: u32 = 3_000;
/// Measurements, of which the median counts.
const ROUNDS: usize = 5;

pub fn command() -> Result<()> {
    let start = Instant::now();
    let actors = crate::actors()?;
    let built = start.elapsed();
    let start = Instant::now();
    let mut net = Network::new(actors)?;
    let compiled = start.elapsed();
    let fresh = median(|| Network::new(actors).map(|_| ()))?;

    let (ann, bob) = (net.account("ann"), net.account("bob"));
    let sends = median(|| {
        for _ in 0..MESSAGES {
            net.run(Call::new(&ann, &bob).value(atto(1))).ok();
        }
        Ok(())
    })?;
    let ticks = median(|| {
        net.advance(i64::from(MESSAGES));
        Ok(())
    })?;
    let mut dao = Dao::pushing(Network::new(actors)?);
    for n in 1..=100 {
        dao.list(n, 1);
    }
    let mut first = 1;
    let publish = median(|| {
        let deals: Vec<_> = (first..first + 20).map(|n| dao.proposal(n)).collect();
        first += 20;
        dao.sp.publish_all(&mut dao.net, &deals);
        Ok(())
    })?;

    let per_second = |time: Duration| format!("{:.0}", f64::from(MESSAGES) / time.as_secs_f64());
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let rows = [
        ("build of what changed", seconds(built)),
        ("all modules compiled, first network", seconds(compiled)),
        ("a further network", format!("{:.1} ms", fresh.as_secs_f64() * 1e3)),
        ("plain sends per second, signatures unchecked", per_second(sends)),
        ("epochs with cron per second", per_second(ticks)),
        ("a publish of 20 deals for a DataDAO", format!("{:.1} ms", publish.as_secs_f64() * 1e3)),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(what, figure)| vec![what.into(), figure]).collect();
    table::print(&["what", "figure"], &rows);
    Ok(())
}

/// The median time of some rounds of the same work.
fn median(mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = vec![];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[ROUNDS / 2])
}

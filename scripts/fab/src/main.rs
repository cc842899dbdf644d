fn main() -> anyhow::Result<()> {
    let bundles = fab::build::build()?;
    for e in bundles.entries {
        println!("{} {} {}", e.name, e.code, e.bytes);
    }
    Ok(())
}

//! The stand-in bundle stands in for the official one.

use fvm_harness::OFFICIAL;

use super::*;
use crate::build::Bundles;

/// The stand-in for the official bundle, and what is shipped.
fn bundles() -> (Bundle, Bundle) {
    let Bundles { builtin, shipped, .. } = crate::bundles().unwrap();
    (Bundle::read(builtin).unwrap(), Bundle::read(shipped).unwrap())
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("fab-{name}-{}.car", std::process::id()))
}

#[test]
fn a_merged_bundle_is_the_base_with_init_replaced_and_ours_after_it_each_time_alike() {
    let ((base, ours), out) = (bundles(), file("merged"));
    make(&base, &ours, &out).unwrap();
    let once = fs::read(&out).unwrap();
    make(&base, &ours, &out).unwrap();
    assert!(fs::read(&out).unwrap() == once);
    fs::remove_file(&out).unwrap();
    assert!(!out.with_extension("unchecked").exists());

    let init = ours.code("init").unwrap();
    let merged = Bundle::parse(&once).unwrap();
    for (position, (name, code)) in merged.entries.iter().take(16).enumerate() {
        let expected = if name == "init" { init } else { base.entries[position].1 };
        assert_eq!((name.as_str(), *code), (OFFICIAL[position], expected));
    }
    assert_eq!(merged.entries[16..], ours.entries[1..]);
    let rows = rows(&merged, &ours);
    assert_eq!(
        (&rows[1][2], &rows[2][2], &rows[16][2]),
        (&"ours".into(), &"the base's".into(), &"ours".into())
    );
}

#[test]
fn a_bundle_that_is_not_what_was_merged_is_noticed() {
    let (base, shipped) = bundles();
    let refused = |change: fn(&mut Bundle)| {
        let merged = Actors::merge(base.clone(), shipped.clone(), Bundle::default()).unwrap();
        let mut merged = merged.bundle();
        compare(&merged, &base, &shipped).unwrap();
        change(&mut merged);
        compare(&merged, &base, &shipped).unwrap_err().to_string()
    };
    let told = refused(|merged| merged.entries[2].1 = merged.entries[3].1);
    assert_eq!(told, "the entry cron is not what was merged");
    let told = refused(|merged| merged.entries.swap(16, 17));
    assert_eq!(told, "the entry datadao is not what was merged");
    let told = refused(|merged| drop(merged.entries.pop()));
    assert_eq!(told, "it has other entries than were merged");
}

#[test]
fn what_cannot_be_merged_leaves_no_file() {
    let ((base, shipped), out) = (bundles(), file("unmerged"));
    let told = make(&base, &base, &out).unwrap_err().to_string();
    assert!(told.starts_with("two actors have the name"), "{told}");
    let told = make(&shipped, &shipped, &out).unwrap_err().to_string();
    assert!(told.starts_with("not the official manifest order"), "{told}");
    assert!(!out.exists() && !out.with_extension("unchecked").exists());
}

#[test]
fn a_bundle_whose_actors_cannot_be_created_is_noticed() {
    let (base, shipped) = bundles();
    let mut swapped = shipped.clone();
    (swapped.entries[1].1, swapped.entries[2].1) = (shipped.entries[2].1, shipped.entries[1].1);
    let broken = Actors::merge(base, swapped, Bundle::default()).unwrap();
    let told = format!("{:#}", smoke::run(&broken).unwrap_err());
    assert!(told.starts_with("Exec of datadao"), "{told}");
}

#[test]
fn lotus_is_told_of_the_bundle_and_kept_from_upgrading() {
    let told = exports(Path::new("/bundles/merged.car"));
    assert!(
        told.contains("export LOTUS_BUILTIN_ACTORS_V18_BUNDLE=/bundles/merged.car\n"),
        "{told}"
    );
    assert!(told.contains("export LOTUS_XX_HEIGHT="), "{told}");
}

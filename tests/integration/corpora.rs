//! What fuzzing found, and what it began with: everything in the corpora holds what must hold for any bytes.

#[path = "../../fuzz/properties.rs"]
mod properties;

use std::path::{Path, PathBuf};

#[test]
fn every_target_holds_for_its_whole_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, property) in properties::TARGETS {
        let inputs = files(&root.join("fuzz/seeds").join(name));
        assert!(!inputs.is_empty(), "the target `{name}` has no corpus");
        for path in inputs {
            let input = std::fs::read(&path).unwrap();
            // Its message names no file.
            let held = std::panic::catch_unwind(|| property(&input));
            assert!(held.is_ok(), "{} breaks the property of `{name}`", path.display());
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

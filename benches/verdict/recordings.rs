//! Recorded blocks, and what is known of them.

use std::fs::File;
use std::path::Path;

use loadline::record::Blocks;

/// One run of blocks.
pub(crate) struct Recording {
    /// The name of the file without its ending: `cpu-hog-2`, `slow-calm-1`.
    pub(crate) name: String,
    /// Whether both arms ran the same code.
    pub(crate) equal: bool,
    /// Whether the services had the machine to themselves.
    pub(crate) calm: bool,
    pub(crate) blocks: Blocks,
}

/// Beginnings of the names of recordings in which the candidate is worse.
pub(crate) const EFFECTS: [&str; 4] = ["slow", "sleep", "tail", "rate"];

/// All `*.jsonl.gz` files of a folder, by name.
pub(crate) fn read(folder: &Path) -> Result<Vec<Recording>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("failed to list {}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut recordings = Vec::new();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".jsonl.gz")) else { continue };
        let wrong = |error: &dyn std::fmt::Display| format!("failed to read {}: {error}", path.display());
        let file = File::open(&path).map_err(|error| wrong(&error))?;
        let blocks = Blocks::read(file).map_err(|error| wrong(&error))?;
        let equal = !EFFECTS.iter().any(|effect| name.starts_with(effect));
        recordings.push(Recording { name: name.to_owned(), equal, calm: name.contains("-calm-"), blocks });
    }
    if recordings.is_empty() { Err(format!("{} has no recordings: make some with `record`", folder.display())) } else { Ok(recordings) }
}

//! Where results are written. Whether they can be is found out before any load is sent.

use std::path::{Path, PathBuf};

use super::args::OutputArgs;
use super::failure::Failure;
use crate::record::{Blocks, Record, write_atomically};
use crate::report::{CommentOptions, folder, is_record_file, locust_csv};

/// Room that must be free in the report folder, in bytes: several times what the largest reports take.
const ROOM: u64 = 16 << 20;

/// Makes sure that everything can be written.
pub(super) fn prepare(output: &OutputArgs) -> Result<(), Failure> {
    let no_load = |what: String| Failure::usage(format!("{what}\n  no load was sent; choose another place, or make room"));
    for folder in folders(output) {
        let probe = folder.join(format!(".loadline-probe-{}", std::process::id()));
        write_atomically(&probe, b"")
            .and_then(|()| std::fs::remove_file(&probe).map_err(|source| crate::record::WriteError { path: probe.clone(), source }))
            .map_err(|error| no_load(format!("can't write to `{}`: {}", folder.display(), error.source)))?;
        if let Some(free) = free_bytes(&folder).filter(|&free| free < ROOM) {
            let (free, room) = (crate::units::Bytes(free), crate::units::Bytes(ROOM));
            return Err(no_load(format!("only {free} are free in `{}`, and a report may take {room}", folder.display())));
        }
    }
    Ok(())
}

/// Writes the report folder, the blocks of paired runs, and what else was asked for.
pub(super) fn write(output: &OutputArgs, records: &[Record], blocks: &[Option<Blocks>]) -> Result<(), Failure> {
    let put = |path: &Path, content: &[u8]| {
        write_atomically(path, content).map_err(|error| Failure::trouble(format!("failed to write {}", Failure::chain(&error))))
    };
    let files = folder(records, &CommentOptions::default());
    remove_earlier_records(&output.out, |name| files.iter().any(|(file, _)| file == name));
    for (name, content) in files {
        put(&output.out.join(name), &content)?;
    }
    for (number, blocks) in blocks.iter().enumerate() {
        let path = output.out.join(blocks_file(number));
        let Some(blocks) = blocks else {
            // Of an earlier run: what lies beside a record must belong to it.
            let _ = std::fs::remove_file(path);
            continue;
        };
        let mut content = Vec::new();
        blocks.write(&mut content).map_err(|error| Failure::trouble(format!("failed to pack the blocks: {error}")))?;
        put(&path, &content)?;
    }
    for (number, record) in records.iter().enumerate() {
        if let Some(file) = &output.json {
            put(&numbered(file, number), record.to_json().as_bytes())?;
        }
        if let Some(prefix) = &output.csv {
            for (suffix, content) in locust_csv(record) {
                put(&csv_file(&numbered(prefix, number), suffix), content.as_bytes())?;
            }
        }
    }
    Ok(())
}

/// Removes the records that an earlier run wrote into the same folder, and this one doesn't replace: what promotes or publishes
/// a folder takes all of them for one run's. Records that somebody put there under other names stay.
fn remove_earlier_records(out: &Path, is_of_this_run: impl Fn(&str) -> bool) {
    for path in std::fs::read_dir(out).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !is_of_this_run(name)) else { continue };
        let is_earlier = || {
            let text = std::fs::read_to_string(&path).ok()?;
            Some(is_record_file(name, &Record::from_json(&text, &path).ok()?))
        };
        if name.starts_with("record") && name.ends_with(".json") && is_earlier() == Some(true) {
            let _ = std::fs::remove_file(&path);
        }
    }
}

/// `PREFIX_stats.csv`.
pub(super) fn csv_file(prefix: &Path, suffix: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// `blocks.jsonl.gz`, for further scenarios `blocks-2.jsonl.gz` and so on.
fn blocks_file(number: usize) -> String {
    if number == 0 { "blocks.jsonl.gz".to_owned() } else { format!("blocks-{}.jsonl.gz", number + 1) }
}

/// The path itself for the first of several scenarios, `name-2.json` for the second, and so on.
pub(super) fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{}{end}", number + 1))
}

fn folders(output: &OutputArgs) -> Vec<PathBuf> {
    let parent = |path: &PathBuf| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut folders = vec![output.out.clone()];
    folders.extend(output.json.iter().chain(&output.csv).map(parent));
    folders.dedup();
    folders
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_scenarios_are_numbered() {
        assert_eq!(numbered(Path::new("out/r.json"), 0), Path::new("out/r.json"));
        assert_eq!(numbered(Path::new("out/r.json"), 1), Path::new("out/r-2.json"));
        assert_eq!(csv_file(&numbered(Path::new("out/load"), 2), "_stats.csv"), Path::new("out/load-3_stats.csv"));
    }
}

//! A working folder of its own for every test.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Loadline, Record};

/// A temporary folder that goes away with the test.
pub(crate) struct Folder {
    root: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file, and the folders that it is in.
    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program, in this folder.
    pub(crate) fn loadline<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Loadline {
        Loadline::in_folder(self.root.path()).args(args)
    }

    /// The record of the run that wrote to the default report folder.
    pub(crate) fn record(&self) -> Record {
        self.record_in("loadline-report")
    }

    pub(crate) fn record_in(&self, report: &str) -> Record {
        serde_json::from_str(&self.read(&format!("{report}/record.json"))).expect("a record is JSON")
    }

    /// Every file below a folder with its content as text, by its name from there.
    pub(crate) fn files(&self, below: &str) -> Vec<(String, String)> {
        let top = self.path(below);
        let mut found = Vec::new();
        collect(&top, &top, &mut found);
        found.sort();
        found
    }

    pub(crate) fn names(&self, below: &str) -> Vec<String> {
        self.files(below).into_iter().map(|(name, _)| name).collect()
    }
}

fn collect(top: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(top, &path, found);
        } else {
            let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
            found.push((name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()));
        }
    }
}

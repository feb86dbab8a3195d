//! Records as files.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{Record, SCHEMA_VERSION};

/// Says why a record can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It isn't a record.
    #[error("{path}: not a loadline record: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause, with line and column.
        source: serde_json::Error,
    },
    /// It is of a version this program doesn't know.
    #[error("{path}: written in format {found}, and this loadline reads up to {SCHEMA_VERSION}: use a newer loadline")]
    Version {
        /// The file.
        path: PathBuf,
        /// The version it says.
        found: u64,
    },
}

/// Says why a file can't be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: std::io::Error,
}

impl Record {
    /// Reads a record; `name` is what messages call it.
    pub fn from_json(text: &str, name: &Path) -> Result<Self, ReadError> {
        let wrong = |source| ReadError::Json { path: name.to_owned(), source };
        #[derive(serde::Deserialize)]
        struct Version {
            schema_version: u64,
        }
        let Version { schema_version } = serde_json::from_str(text).map_err(wrong)?;
        if schema_version != u64::from(SCHEMA_VERSION) {
            return Err(ReadError::Version { path: name.to_owned(), found: schema_version });
        }
        serde_json::from_str(text).map_err(wrong)
    }

    /// Reads the record in a file.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let text = fs::read_to_string(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        Self::from_json(&text, path)
    }

    /// The record as indented JSON with a line end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_else(|error| unreachable!("a record is plain data: {error}"));
        text.push('\n');
        text
    }

    /// Writes the record: whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        write_atomically(path, self.to_json().as_bytes())
    }
}

/// Writes a file under a temporary name beside it and renames it, creating folders on the way: a reader sees the old
/// content or the new, and a full disk leaves the old.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let wrong = |source| WriteError { path: path.to_owned(), source };
    staged(path, content).map_err(wrong)?.persist(path).map_err(|error| wrong(error.error))?;
    Ok(())
}

/// Like [`write_atomically`], but never over a file that is there: of two writers of one name one is told `false`.
pub fn create_atomically(path: &Path, content: &[u8]) -> Result<bool, WriteError> {
    let wrong = |source| WriteError { path: path.to_owned(), source };
    match staged(path, content).map_err(wrong)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(wrong(error.error)),
    }
}

/// The content under a temporary name in the folder of `path`, on disk to the last byte.
fn staged(path: &Path, content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".loadline-").tempfile_in(folder)?;
    file.write_all(content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is private; a report is for everybody who may see the folder.
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record that a released version could have written must be read for ever, and written again as it was: a field
    /// that is renamed or changes its meaning needs a new version.
    #[test]
    fn a_record_of_each_version_is_read_and_written_again_as_it_was() {
        let text = include_str!("../../tests/golden/records/version-1.json");
        let record = Record::from_json(text, Path::new("version-1.json")).unwrap();
        assert_eq!(record.to_json(), text);
    }
}

//! Records in what a CI job left behind: a report folder, an archive of one, or a single file.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::record::{ReadError, Record};

/// No record is larger: a run of a thousand endpoints and an hour has less.
pub(super) const LARGEST: u64 = 64 << 20;
/// No report has more scenarios.
const MOST: usize = 200;
/// No archive of a report has more files.
const MOST_FILES: usize = 10_000;

/// Says why an artifact holds nothing to store.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It is no archive that can be read.
    #[error("{path}: not a zip archive: {source}")]
    Archive {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: zip::result::ZipError,
    },
    /// A record in it can't be read.
    #[error(transparent)]
    Record(#[from] ReadError),
    /// A file or an archive is larger than any record or report.
    #[error("{path}: larger than any report that loadline writes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There is no record in it.
    #[error("{path}: there is no `record.json` in it")]
    Nothing {
        /// The file or folder.
        path: PathBuf,
    },
}

/// The records in a report folder (`record.json`, of several scenarios `record-<scenario>.json` each), in a zip archive of
/// one as it is downloaded from a CI system, or in a single file. What else is there is not looked at, and nothing is
/// written to disk.
pub fn records_of(path: &Path) -> Result<Vec<Record>, ArtifactError> {
    let io = |source| ArtifactError::Io { path: path.to_owned(), source };
    let texts = if fs::metadata(path).map_err(io)?.is_dir() {
        of_folder(path)?
    } else {
        let mut file = File::open(path).map_err(io)?;
        let mut begin = [0; 4];
        let is_archive = file.read(&mut begin).map_err(io)? == begin.len() && begin == *b"PK\x03\x04";
        if is_archive { of_archive(path)? } else { vec![(path.to_owned(), bounded(path, File::open(path).map_err(io)?)?)] }
    };
    if texts.is_empty() {
        return Err(ArtifactError::Nothing { path: path.to_owned() });
    }
    texts.iter().map(|(name, text)| Ok(Record::from_json(text, name)?)).collect()
}

fn of_folder(folder: &Path) -> Result<Vec<(PathBuf, String)>, ArtifactError> {
    let io = |source| ArtifactError::Io { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(io)?.collect::<Result<Vec<_>, _>>().map_err(io)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| is_record(path)).collect();
    paths.sort();
    if paths.len() > MOST {
        return Err(ArtifactError::TooLarge { path: folder.to_owned() });
    }
    let open = |path: PathBuf| {
        let file = File::open(&path).map_err(|source| ArtifactError::Io { path: path.clone(), source })?;
        let text = bounded(&path, file)?;
        Ok((path, text))
    };
    paths.into_iter().map(open).collect()
}

fn of_archive(path: &Path) -> Result<Vec<(PathBuf, String)>, ArtifactError> {
    let wrong = |source| ArtifactError::Archive { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| ArtifactError::Io { path: path.to_owned(), source })?;
    let mut archive = zip::ZipArchive::new(file).map_err(wrong)?;
    if archive.len() > MOST_FILES {
        return Err(ArtifactError::TooLarge { path: path.to_owned() });
    }
    let mut texts = Vec::new();
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(wrong)?;
        let name = path.join(member.name().map_err(wrong)?.as_ref());
        if member.is_file() && is_record(&name) {
            if texts.len() == MOST {
                return Err(ArtifactError::TooLarge { path: path.to_owned() });
            }
            texts.push((name.clone(), bounded(&name, member)?));
        }
    }
    texts.sort();
    Ok(texts)
}

fn is_record(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name == "record.json" || name.starts_with("record-") && name.ends_with(".json")
}

/// All of it, as long as it is no larger than a record can be: an archive may say of a member what it likes.
fn bounded(path: &Path, source: impl Read) -> Result<String, ArtifactError> {
    let mut text = String::new();
    let read = source.take(LARGEST + 1).read_to_string(&mut text);
    read.map_err(|source| ArtifactError::Io { path: path.to_owned(), source })?;
    if text.len() as u64 > LARGEST { Err(ArtifactError::TooLarge { path: path.to_owned() }) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn archive(folder: &Path, members: &[(&str, &str)]) -> PathBuf {
        let path = folder.join("artifact.zip");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, text) in members {
            archive.start_file(*name, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap();
        path
    }

    fn ids(path: &Path) -> Vec<String> {
        records_of(path).unwrap().into_iter().map(|record| record.run.id).collect()
    }

    #[test]
    fn records_are_found_in_a_folder_a_file_and_an_archive() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (sketch("one", 0).record().to_json(), sketch("two", 1).record().to_json());
        fs::write(folder.path().join("record-a.json"), &one).unwrap();
        fs::write(folder.path().join("record-b.json"), &two).unwrap();
        fs::write(folder.path().join("report.html"), "<p>").unwrap();
        assert_eq!(ids(folder.path()), ["one", "two"]);
        assert_eq!(ids(&folder.path().join("record-b.json")), ["two"]);
        let path = archive(folder.path(), &[("report.html", "<p>"), ("loadline-report/record.json", &one), ("../record-x.json", &two)]);
        assert_eq!(ids(&path), ["two", "one"]);
        assert!(!folder.path().parent().unwrap().join("record-x.json").exists());
    }

    #[test]
    fn what_holds_no_record_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let said = |path: &Path| records_of(path).map(|_| ()).unwrap_err().to_string().replace(&folder.path().display().to_string(), "");
        assert_eq!(said(folder.path()), ": there is no `record.json` in it");
        assert!(said(&folder.path().join("nowhere")).starts_with("/nowhere: No such file"));
        assert_eq!(said(&archive(folder.path(), &[("report.html", "<p>")])), "/artifact.zip: there is no `record.json` in it");
        let broken = folder.path().join("broken.zip");
        fs::write(&broken, b"PK\x03\x04 and nothing more").unwrap();
        assert!(said(&broken).starts_with("/broken.zip: not a zip archive: "), "{}", said(&broken));
        let path = archive(folder.path(), &[("record.json", "{}")]);
        assert!(said(&path).starts_with("/artifact.zip/record.json: not a loadline record: "), "{}", said(&path));
    }

    #[test]
    fn an_archive_that_swells_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(folder.path(), &[("record.json", &" ".repeat(LARGEST as usize + 2))]);
        assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
        assert!(matches!(records_of(&path), Err(ArtifactError::TooLarge { .. })));
    }
}

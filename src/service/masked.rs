//! Secrets taken out of a log that is kept.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// Rewrites the log with every secret masked, line by line; does not touch it where there is none.
///
/// The processes of the service write the file themselves (a pipe through us would cost us CPU while the load runs), so
/// this is done once all of them have ended. A secret that spans lines is not found.
pub(super) fn mask_file(path: &Path, mask: &dyn Fn(&str) -> String) -> io::Result<()> {
    if !any_line(path, |line| mask(line) != line)? {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let masked = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = BufWriter::new(&masked);
    let mut failed = Ok(());
    any_line(path, |line| {
        failed = out.write_all(mask(line).as_bytes());
        failed.is_err()
    })?;
    failed?;
    out.flush()?;
    drop(out);
    // The temporary file is private; the log it replaces was as readable as any other file of the report.
    masked.as_file().set_permissions(std::fs::metadata(path)?.permissions())?;
    masked.persist(path)?;
    Ok(())
}

/// Whether it is so of any line; lines keep their ends, and stop being read at the first one.
fn any_line(path: &Path, mut is: impl FnMut(&str) -> bool) -> io::Result<bool> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(false);
        }
        if is(&String::from_utf8_lossy(&line)) {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_everything_else_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        std::fs::write(&path, "one\nkey=s3cret x\r\nno end s3cret").unwrap();
        mask_file(&path, &|line| line.replace("s3cret", "***")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nkey=*** x\r\nno end ***");
    }

    #[test]
    fn a_log_without_secrets_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.log");
        std::fs::write(&path, b"bytes \xff\n").unwrap();
        mask_file(&path, &|line| line.replace("s3cret", "***")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes \xff\n");
    }
}

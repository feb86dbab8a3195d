//! Values that are read in a way of their own.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::cli::lines::text;

pub(super) fn variable(value: &OsStr) -> Result<(String, String), String> {
    match text(value)?.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write `NAME=value`".to_owned()),
    }
}

pub(super) fn path(value: &OsStr) -> Result<PathBuf, String> {
    Ok(PathBuf::from(value))
}

pub(super) fn commit(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(text.to_ascii_lowercase()) } else { Err("a commit has 7 to 64 hexadecimal digits".to_owned()) }
}

//! Files as the repository calls them, wherever a command works in it.

use std::path::{Component, Path};

/// A file that is named from `here`, a folder of the repository, from the top of it, with `/` between. One that lies outside, or
/// is named from the root of the machine, stays as it is.
pub(super) fn within(here: &Path, file: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in here.join(file).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir if parts.pop().is_some() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return file.to_owned(),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_the_top_of_the_repository() {
        for (here, file, expected) in [
            ("", "loadline.yml", "loadline.yml"),
            ("", "./perf/shop.yml", "perf/shop.yml"),
            ("load/", "shop.yml", "load/shop.yml"),
            ("load/", "../perf/shop.yml", "perf/shop.yml"),
            ("load/", "../../elsewhere.yml", "../../elsewhere.yml"),
            ("load/", "/srv/shop.yml", "/srv/shop.yml"),
        ] {
            assert_eq!(within(Path::new(here), file), expected, "{here} {file}");
        }
    }
}

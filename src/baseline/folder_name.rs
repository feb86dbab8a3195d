//! Names of branches and scenarios as names of folders.

use sha2::{Digest, Sha256};

/// The longest folder name that is written: file systems allow 255 bytes, old Windows tools 260 for the whole path.
const LONGEST: usize = 120;
/// How much of a longer name is kept for people to read.
const READABLE: usize = 80;
/// Stands between what is kept of a long name and its hash; no other name holds it.
const CUT: &str = "%-";

/// A folder name for any text: legal on Linux, macOS and Windows, never `.` or `..`, never two texts the same.
///
/// Lower-case letters, digits, `-`, `_` and inner dots stay; every other byte of the UTF-8 text becomes `%` and two
/// hexadecimal digits. Upper-case letters are among those, because some file systems don't tell them from small ones,
/// and so is the first letter of a name that Windows keeps for a device (`con`, `com1.txt`). A name that would be
/// longer than 120 bytes is cut and gets a hash at its end: it is still its own, but [`decode`] can't give it back.
pub(super) fn encode(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    let bytes = text.as_bytes();
    let reserved = is_reserved(text);
    let mut name = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let at_an_end = at == 0 || at + 1 == bytes.len();
        let plain = match byte {
            b'a'..=b'z' | b'0'..=b'9' => !(at == 0 && reserved),
            b'-' | b'_' => true,
            b'.' => !at_an_end,
            _ => false,
        };
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    if name.len() <= LONGEST { name } else { shortened(&name, bytes) }
}

/// The text behind a folder name; none for a name that [`encode`] doesn't write, or that it had to cut.
pub(super) fn decode(name: &str) -> Option<String> {
    if name == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (encode(&text) == name).then_some(text)
}

/// Whether a folder name was cut, so that its text stands elsewhere.
pub(super) fn is_cut(name: &str) -> bool {
    name.contains(CUT)
}

/// Keeps the beginning of an encoded name and adds 64 bits of the text's SHA-256.
fn shortened(name: &str, bytes: &[u8]) -> String {
    let mut kept = &name[..READABLE];
    // Not in the middle of an escape.
    if let Some(escape) = kept.rfind('%').filter(|&at| at + 3 > kept.len()) {
        kept = &kept[..escape];
    }
    let hash: String = Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kept}{CUT}{hash}")
}

/// Whether Windows takes the name for a device, whatever follows its first dot.
fn is_reserved(text: &str) -> bool {
    match text.split('.').next().unwrap_or(text).as_bytes() {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_readable_where_they_can_be() {
        for (text, name) in [
            ("main", "main"),
            ("release-1.2", "release-1.2"),
            ("feature/x", "feature%2fx"),
            ("Main", "%4dain"),
            (".", "%2e"),
            ("..", "%2e%2e"),
            ("../../etc", "%2e.%2f..%2fetc"),
            ("con", "%63on"),
            ("CON", "%43%4f%4e"),
            ("com1.txt", "%63om1.txt"),
            ("lpt9", "%6cpt9"),
            ("common", "common"),
            ("aux", "%61ux"),
            ("trailing.", "trailing%2e"),
            ("two words", "two%20words"),
            ("100%", "100%25"),
            ("grün", "gr%c3%bcn"),
            ("a\\b:c", "a%5cb%3ac"),
            ("", "%"),
        ] {
            assert_eq!(encode(text), name);
            assert_eq!(decode(name).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_name_too_long_is_cut_and_stays_its_own() {
        let (one, other) = ("x".repeat(400) + "1", "x".repeat(400) + "2");
        let escapes = "/".repeat(200);
        assert_ne!(encode(&one), encode(&other));
        for text in [one, other, escapes] {
            let name = encode(&text);
            assert!(name.len() <= LONGEST && is_cut(&name), "{name}");
            assert_eq!(decode(&name), None);
        }
    }

    #[test]
    fn folders_made_by_others_are_not_names() {
        for name in ["Main", "a b", "%2", "%zz", "%6dain", "%2F", "con", ".", "..", "%ff", "a.", "%-0011"] {
            assert_eq!(decode(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_makes_the_way_there_and_back(text in prop_oneof![".{0,40}", "[ -~]{0,40}", "(feature|CON|nul|\\.\\.|%)[/.% A-Za-zäß]{0,12}"]) {
            let name = encode(&text);
            if is_cut(&name) {
                prop_assert!(name.len() <= LONGEST);
            } else {
                prop_assert_eq!(decode(&name), Some(text));
            }
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.%".contains(c);
            prop_assert!(name.chars().all(allowed), "{}", name);
            prop_assert!(!name.is_empty() && !name.starts_with('.') && !name.ends_with('.') && name.len() <= LONGEST);
            prop_assert!(!is_reserved(&name), "{}", name);
        }

        #[test]
        fn any_folder_name_is_read_without_a_panic(name in ".{0,60}") {
            let _ = decode(&name);
        }
    }
}

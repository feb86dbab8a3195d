//! Values that are one of a few words.

/// Declares an enum that is read from one of a few words.
macro_rules! words {
    (
        $(#[doc = $about:literal])*
        pub enum $type:ident { $( $(#[doc = $doc:literal])* $variant:ident = $word:literal, )* }
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $( $(#[doc = $doc])* $variant, )* }

        impl $crate::config::reader::Read for $type {
            fn form() -> String {
                $crate::config::reader::listed(&[$($word),*]).replace(" and ", " or ")
            }

            fn read(node: &$crate::config::yaml::Node, reader: &mut $crate::config::reader::Reader) -> Option<Self> {
                match node.as_scalar().map(|scalar| scalar.value.as_str()) {
                    $( Some($word) => { reader.is_public(node); Some(Self::$variant) } )*
                    _ => reader.wrong(node, &Self::form()),
                }
            }

            fn schema(_schema: &mut $crate::config::reader::Schema) -> serde_json::Value {
                let words = $crate::config::reader::written_words(&[$($word),*]);
                serde_json::json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": "\\$\\{" }] })
            }
        }
    };
}

pub(in crate::config) use words;

/// The values in YAML that read as one of the words: `1.1` without quotes is a number there.
pub(in crate::config) fn written_words(words: &[&str]) -> Vec<serde_json::Value> {
    let numbers = words.iter().filter_map(|word| serde_json::from_str(word).ok()).filter(serde_json::Value::is_number);
    words.iter().map(|word| serde_json::Value::from(*word)).chain(numbers).collect()
}

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
                serde_json::json!({ "anyOf": [{ "enum": [$($word),*] }, { "type": "string", "pattern": "\\$\\{" }] })
            }
        }
    };
}

pub(in crate::config) use words;

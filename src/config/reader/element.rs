//! What an element of the language looks like, written down once.

use super::fields::Fields;
use super::reading::{Read, Reader};
use super::schema::{KeyInfo, Schema};

/// An element of the language: a mapping with known keys.
pub(in crate::config) trait Element: Read {
    /// Its name in the schema and in the docs.
    const NAME: &'static str;
    /// Its keys, in the order of the docs.
    const KEYS: &'static [&'static str];

    /// What the docs say about each key.
    fn keys(schema: &mut Schema) -> Vec<KeyInfo>;

    /// Reads the keys.
    fn take(fields: &mut Fields<'_>, reader: &mut Reader) -> Self;

    /// What `self` says, and what `base` says about everything else.
    fn over(self, base: Self) -> Self;
}

/// Declares an element: a struct whose fields are `Option<Spanned<T>>`, read from keys.
///
/// ```text
/// element! {
///     /// What the docs say about it.
///     "feed", "a feed such as `{ csv: users.csv }`";
///     pub struct FeedConfig {
///         /// What the docs say about the key.
///         "csv" csv: Text => optional,
///         /// Another one.
///         "pick" pick: Pick => default "sequential",
///     }
/// }
/// ```
///
/// `required` keys are reported where they are missing. Rules that span several keys go into a function named behind
/// `check`, which gets the element, its [`Fields`] and the reader.
macro_rules! element {
    (
        $(#[doc = $about:literal])*
        $name:literal, $form:literal;
        pub struct $type:ident {
            $( $(#[doc = $doc:literal])* $key:literal $field:ident : $value:ty => $presence:ident $($default:literal)? , )*
        }
        $( check $check:path; )?
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Default)]
        pub struct $type {
            $( $(#[doc = $doc])* pub $field: Option<$crate::config::reader::Spanned<$value>>, )*
        }

        impl $crate::config::reader::Element for $type {
            const NAME: &'static str = $name;
            const KEYS: &'static [&'static str] = &[$($key),*];

            fn keys(schema: &mut $crate::config::reader::Schema) -> Vec<$crate::config::reader::KeyInfo> {
                use $crate::config::reader::{KeyInfo, Presence, Read};
                vec![$( KeyInfo {
                    key: $key,
                    about: concat!($($doc),*),
                    form: <$value as Read>::form(),
                    presence: element!(@presence $presence $($default)?),
                    schema: <$value as Read>::schema(schema),
                } ),*]
            }

            fn take(fields: &mut $crate::config::reader::Fields<'_>, reader: &mut $crate::config::reader::Reader) -> Self {
                Self { $( $field: fields.take($key, element!(@required $presence), reader), )* }
            }

            fn over(self, base: Self) -> Self {
                Self { $( $field: self.$field.or(base.$field), )* }
            }
        }

        impl $crate::config::reader::Read for $type {
            fn form() -> String {
                $form.to_owned()
            }

            fn read(node: &$crate::config::yaml::Node, reader: &mut $crate::config::reader::Reader) -> Option<Self> {
                use $crate::config::reader::{Element, Fields};
                let mut fields = Fields::of::<Self>(node, reader)?;
                let element = Self::take(&mut fields, reader);
                $( $check(&element, &fields, reader); )?
                Some(element)
            }

            fn schema(schema: &mut $crate::config::reader::Schema) -> serde_json::Value {
                schema.element::<Self>(concat!($($about),*))
            }
        }
    };
    (@presence optional) => { Presence::Optional };
    (@presence required) => { Presence::Required };
    (@presence default $default:literal) => { Presence::Default($default) };
    (@required required) => { true };
    (@required $other:ident) => { false };
}

pub(in crate::config) use element;

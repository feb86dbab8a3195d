//! Credentials, as a shorter way to write an `authorization` header.

use crate::config::reader::{Element, Fields, Reader, Text, element};

element! {
    /// Credentials: an `authorization` header, written shorter.
    "auth", "a mapping such as `{ bearer: token }`";
    pub struct AuthConfig {
        /// User name and password.
        "basic" basic: BasicConfig => optional,
        /// A token.
        "bearer" bearer: Text => optional,
    }
    check one_kind;
}

element! {
    /// Credentials of HTTP basic authentication.
    "basic", "a mapping such as `{ username: joe, password: secret }`";
    pub struct BasicConfig {
        /// The user's name; templates work.
        "username" username: Text => required,
        /// The password; templates work.
        "password" password: Text => required,
    }
}

fn one_kind(_auth: &AuthConfig, fields: &Fields<'_>, reader: &mut Reader) {
    match (fields.key("basic"), fields.key("bearer")) {
        (Some(basic), Some(bearer)) => reader.conflict("`auth` is either `basic` or `bearer`", bearer, basic, "keep one of them"),
        (None, None) => {
            let help = format!("give one of its keys: {}", crate::config::reader::listed(AuthConfig::KEYS));
            reader.report(fields.span, "`auth` is empty", "", Some(help));
        }
        _ => {}
    }
}

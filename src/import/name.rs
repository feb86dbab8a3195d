//! What endpoints of other tools are called here.

use std::borrow::Cow;

/// So many endpoints are kept apart; a script that names each request by its address would have thousands.
pub(super) const MOST_ENDPOINTS: usize = 500;

/// `METHOD path`: of an address the scheme and the host are left out, so that runs against two hosts can be compared.
pub(super) fn endpoint_name(method: &str, name: &str) -> String {
    let path = path_of(name);
    if method.is_empty() { path.into_owned() } else { format!("{method} {path}") }
}

/// Said where there were more.
pub(super) fn too_many(left_out: usize) -> String {
    format!("{left_out} more endpoints are counted in the whole run only: the first {MOST_ENDPOINTS} are kept apart")
}

fn path_of(name: &str) -> Cow<'_, str> {
    let Some(rest) = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://")) else { return Cow::Borrowed(name) };
    match rest.find(['/', '?', '#']) {
        Some(at) if rest[at..].starts_with('/') => Cow::Borrowed(&rest[at..]),
        Some(at) => Cow::Owned(format!("/{}", &rest[at..])),
        None => Cow::Borrowed("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_host_and_names_stay() {
        for (method, name, shown) in [
            ("GET", "http://127.0.0.1:8000/items?x=1", "GET /items?x=1"),
            ("GET", "https://user:secret@shop.test", "GET /"),
            ("GET", "https://shop.test?x=1", "GET /?x=1"),
            ("POST", "add to cart", "POST add to cart"),
            ("", "login", "login"),
        ] {
            assert_eq!(endpoint_name(method, name), shown);
        }
    }
}

//! A user's cookies: as many as browsers keep.

use cookie_store::{Cookie, CookieStore, StoreAction};
use url::Url;

/// The most cookies of one domain; more than RFC 6265 asks for, and as many as Chrome keeps.
const MOST: usize = 180;

/// The longest name and value of a cookie together, in bytes: browsers ignore longer ones (RFC 6265bis, 5.6).
const LONGEST: usize = 4096;

/// Keeps a cookie, `text` as `Set-Cookie` has it, of an answer from an address; what a browser would refuse is refused here
/// as well. Where that is one too many of its domain, another goes: one that has expired, or else the oldest that wasn't
/// just used because it is of another path, or else the oldest.
pub(super) fn keep(jar: &mut CookieStore, text: &str, from: &Url) {
    let Ok(cookie) = Cookie::parse(text, from) else { return };
    if cookie.name().len() + cookie.value().len() > LONGEST {
        return;
    }
    let cookie = cookie.into_owned();
    let key = Key::of(&cookie);
    match jar.insert(cookie, from) {
        Ok(StoreAction::ExpiredExisting) => key.take_out_of(jar),
        Ok(StoreAction::Inserted) => make_room(jar, &key, from),
        Ok(StoreAction::UpdatedExisting) | Err(_) => {}
    }
}

fn make_room(jar: &mut CookieStore, new: &Key, from: &Url) {
    let others = || jar.iter_any().filter(|kept| kept.domain.as_cow().as_deref() == Some(&new.domain) && !new.is_of(kept));
    if others().count() < MOST {
        return;
    }
    let expired = others().find(|kept| kept.is_expired());
    let oldest = expired.or_else(|| others().find(|kept| !kept.path.matches(from))).or_else(|| others().next()).map(Key::of);
    oldest.inspect(|oldest| oldest.take_out_of(jar));
}

/// What tells a cookie from others.
struct Key {
    domain: String,
    path: String,
    name: String,
}

impl Key {
    fn of(cookie: &Cookie<'_>) -> Self {
        let domain = cookie.domain.as_cow().unwrap_or_default().into_owned();
        Self { domain, path: cookie.path.as_ref().to_owned(), name: cookie.name().to_owned() }
    }

    /// Of two cookies of one domain.
    fn is_of(&self, cookie: &Cookie<'_>) -> bool {
        *self.path == *cookie.path && self.name == cookie.name()
    }

    fn take_out_of(&self, jar: &mut CookieStore) {
        jar.remove(&self.domain, &self.path, &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A jar that was given these cookies by answers from these paths.
    fn jar(answers: impl IntoIterator<Item = (String, String)>) -> CookieStore {
        let mut jar = CookieStore::default();
        for (path, text) in answers {
            keep(&mut jar, &text, &url(&path));
        }
        jar
    }

    fn url(path: &str) -> Url {
        Url::parse(&format!("http://shop.test{path}")).unwrap()
    }

    fn names(jar: &CookieStore, path: &str) -> Vec<String> {
        jar.get_request_values(&url(path)).map(|(name, _)| name.to_owned()).collect()
    }

    fn login() -> (String, String) {
        ("/login".to_owned(), "session=s; Path=/".to_owned())
    }

    #[test]
    fn a_jar_does_not_grow_with_unique_paths_and_the_session_stays() {
        let visits = (0..1000).map(|item| (format!("/items/{item}/"), format!("seen={item}")));
        let jar = jar([login()].into_iter().chain(visits));
        assert_eq!(jar.iter_any().count(), MOST);
        for (item, expected) in [(999, &["session", "seen"][..]), (821, &["session", "seen"]), (820, &["session"])] {
            assert_eq!(names(&jar, &format!("/items/{item}/")), expected, "{item}");
        }
    }

    #[test]
    fn of_unique_names_on_one_path_the_newest_stay() {
        let jar = jar((0..1000).map(|number| ("/".to_owned(), format!("n{number}=x"))));
        assert_eq!(names(&jar, "/"), (820..1000).map(|number| format!("n{number}")).collect::<Vec<_>>());
    }

    #[test]
    fn what_browsers_find_too_long_is_not_kept() {
        let of = |length: usize| (String::from("/"), format!("n={}", "x".repeat(length - 1)));
        assert_eq!(jar([of(4096)]).iter_any().count(), 1);
        assert_eq!(jar([of(4097)]).iter_any().count(), 0);
    }

    #[test]
    fn expired_cookies_go_and_other_domains_have_room_of_their_own() {
        let mut jar = jar([login(), login(), ("/logout".to_owned(), "session=; Path=/; Max-Age=0".to_owned())]);
        assert_eq!(jar.iter_any().count(), 0);
        keep(&mut jar, "kept=x", &Url::parse("http://other.test/").unwrap());
        (0..1000).for_each(|number| keep(&mut jar, &format!("n{number}=x"), &url("/")));
        assert_eq!(jar.iter_any().count(), MOST + 1);
        // Not to be kept at all: of another domain.
        keep(&mut jar, "n=x; Domain=other.test", &url("/"));
        assert_eq!(jar.iter_any().count(), MOST + 1);
    }
}

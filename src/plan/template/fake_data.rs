//! `fake.*`: names, texts and addresses that look real and belong to nobody.

use std::sync::Arc;

use fake::Fake as _;
use fake::faker::address::en::{CityName, CountryCode, CountryName, StateAbbr, StateName, StreetName};
use fake::faker::company::en::{CatchPhrase, CompanyName, Industry};
use fake::faker::internet::en::{IPv4, IPv6, MACAddress, UserAgent};
use fake::faker::job::en::Title;
use fake::faker::lorem::en::{Word, Words};
use fake::faker::name::en::{FirstName, LastName};
use minijinja::value::{Object, Value, from_args};
use minijinja::{Error, ErrorKind, State};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::current::with_random;

/// What can be asked of `fake`, for messages and documentation.
pub(super) const METHODS: [&str; 32] = [
    "boolean",
    "city",
    "color",
    "company",
    "country",
    "country_code",
    "date",
    "digits",
    "email",
    "first_name",
    "hex",
    "industry",
    "ipv4",
    "ipv6",
    "job",
    "last_name",
    "mac",
    "name",
    "paragraph",
    "password",
    "phone",
    "sentence",
    "slogan",
    "state",
    "state_code",
    "street",
    "url",
    "user_agent",
    "username",
    "word",
    "words",
    "zip",
];

/// The object behind `fake`.
#[derive(Debug)]
pub(super) struct Fake;

impl Object for Fake {
    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let Some(draw) = plain(method) else { return sized(method, args) };
        from_args::<()>(args)?;
        with_random(draw).map(Value::from)
    }
}

/// The makers without arguments.
fn plain(method: &str) -> Option<fn(&mut Pcg64Mcg) -> String> {
    Some(match method {
        "city" => |random| CityName().fake_with_rng(random),
        "color" => |random| format!("#{:06x}", random.random_range(0..0x100_0000)),
        "company" => |random| CompanyName().fake_with_rng(random),
        "country" => |random| CountryName().fake_with_rng(random),
        "country_code" => |random| CountryCode().fake_with_rng(random),
        "date" => date,
        "email" => |random| format!("{}@example.{}", username(random), pick(&["com", "net", "org"], random)),
        "first_name" => first_name,
        "industry" => |random| Industry().fake_with_rng(random),
        "ipv4" => |random| IPv4().fake_with_rng(random),
        "ipv6" => |random| IPv6().fake_with_rng(random),
        "job" => |random| Title().fake_with_rng(random),
        "last_name" => last_name,
        "mac" => |random| MACAddress().fake_with_rng(random),
        "name" => |random| format!("{} {}", first_name(random), last_name(random)),
        // 555-0100 to 555-0199 are kept free for fiction.
        "phone" => |random| format!("+1-{}-555-01{}", random.random_range(200..1000), digits(2, random)),
        "slogan" => |random| CatchPhrase().fake_with_rng(random),
        "state" => |random| StateName().fake_with_rng(random),
        "state_code" => |random| StateAbbr().fake_with_rng(random),
        "street" => |random| {
            let number = random.random_range(1..1000);
            format!("{number} {}", StreetName().fake_with_rng::<String, _>(random))
        },
        "url" => |random| format!("https://www.example.{}/{}", pick(&["com", "net", "org"], random), word(random)),
        "user_agent" => |random| UserAgent().fake_with_rng(random),
        "username" => username,
        "word" => word,
        "zip" => |random| digits(5, random),
        _ => return None,
    })
}

/// The makers that take a size, and those that give no text.
fn sized(method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "boolean" => {
            from_args::<()>(args)?;
            with_random(|random| random.random::<bool>()).map(Value::from)
        }
        "digits" => with_random_size(args, 6, digits),
        "hex" => with_random_size(args, 16, hex),
        "paragraph" => with_random_size(args, 4, |size, random| {
            let sentences = (0..size).map(|_| sentence(random.random_range(4..12), random));
            sentences.collect::<Vec<_>>().join(" ")
        }),
        "password" => with_random_size(args, 12, password),
        "sentence" => with_random_size(args, 6, sentence),
        "words" => with_random_size(args, 3, |size, random| Words(size..size + 1).fake_with_rng::<Vec<String>, _>(random).join(" ")),
        _ => Err(Error::new(ErrorKind::UnknownMethod, format!("fake has no `{method}`"))),
    }
}

fn with_random_size(args: &[Value], usual: usize, make: fn(usize, &mut Pcg64Mcg) -> String) -> Result<Value, Error> {
    let (size,): (Option<usize>,) = from_args(args)?;
    let size = size.unwrap_or(usual);
    // Above this a text is a load of its own, and a slip of the finger.
    if !(1..=100_000).contains(&size) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("{size} is no size between 1 and 100000")));
    }
    with_random(|random| make(size, random)).map(Value::from)
}

fn first_name(random: &mut Pcg64Mcg) -> String {
    FirstName().fake_with_rng(random)
}

fn last_name(random: &mut Pcg64Mcg) -> String {
    LastName().fake_with_rng(random)
}

fn word(random: &mut Pcg64Mcg) -> String {
    Word().fake_with_rng(random)
}

/// This many words, with a capital and a full stop.
fn sentence(size: usize, random: &mut Pcg64Mcg) -> String {
    let words = Words(size..size + 1).fake_with_rng::<Vec<String>, _>(random).join(" ");
    let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}.", first.to_uppercase())
}

/// Eight digits keep thousands of registrations apart from each other; names alone would meet soon.
fn username(random: &mut Pcg64Mcg) -> String {
    let plain = |name: String| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let (first, last) = (plain(first_name(random)), plain(last_name(random)));
    format!("{first}.{last}.{}", digits(8, random))
}

/// Letters, digits and a sign: from four characters on one of each kind, as sign-up forms ask for.
fn password(size: usize, random: &mut Pcg64Mcg) -> String {
    const KINDS: [&[u8]; 4] = [b"abcdefghijkmnopqrstuvwxyz", b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"23456789", b"!#$%*+-=?@_"];
    let mut text: Vec<u8> = (0..size)
        .map(|at| {
            let kind = KINDS[if at < KINDS.len() { at } else { random.random_range(0..KINDS.len()) }];
            kind[random.random_range(0..kind.len())]
        })
        .collect();
    for at in (1..text.len()).rev() {
        text.swap(at, random.random_range(0..=at));
    }
    text.into_iter().map(char::from).collect()
}

fn digits(size: usize, random: &mut Pcg64Mcg) -> String {
    (0..size).map(|_| char::from(b'0' + random.random_range(0..10u8))).collect()
}

fn hex(size: usize, random: &mut Pcg64Mcg) -> String {
    (0..size).map(|_| char::from(b"0123456789abcdef"[random.random_range(0..16usize)])).collect()
}

fn date(random: &mut Pcg64Mcg) -> String {
    let (year, month, day) = (random.random_range(1970..2025), random.random_range(1..=12), random.random_range(1..=28));
    format!("{year}-{month:02}-{day:02}")
}

fn pick<'a>(of: &[&'a str], random: &mut Pcg64Mcg) -> &'a str {
    of[random.random_range(0..of.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_listed_method_is_there() {
        for method in METHODS {
            let there = plain(method).is_some() || !matches!(sized(method, &[]), Err(error) if error.kind() == ErrorKind::UnknownMethod);
            assert!(there, "{method}");
        }
    }

    #[test]
    fn emails_of_many_users_differ() {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        let email = plain("email").unwrap();
        let mut seen = std::collections::HashSet::new();
        assert!((0..2_000).all(|_| seen.insert(email(&mut random))));
        assert!(seen.iter().all(|email| email.is_ascii() && email.contains("@example.")));
    }

    #[test]
    fn passwords_have_their_length_and_every_kind_of_character() {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        for size in [4, 12, 40] {
            let password = password(size, &mut random);
            assert_eq!(password.len(), size);
            assert!(password.bytes().any(|c| c.is_ascii_lowercase()) && password.bytes().any(|c| c.is_ascii_uppercase()));
            assert!(password.bytes().any(|c| c.is_ascii_digit()) && password.bytes().any(|c| c.is_ascii_punctuation()));
        }
    }
}

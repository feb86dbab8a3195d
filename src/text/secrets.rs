//! Values that must never be shown.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

/// Shorter values are not masked: they would blank out half of every output, and are no secrets.
const SHORTEST: usize = 3;
/// How a text may be encoded in an address or a form: wholly, as `urlencode` in a template does it, as a form does, or only what
/// can't stand in a path.
const ENCODINGS: [&AsciiSet; 4] = [
    NON_ALPHANUMERIC,
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/'),
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*'),
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}'),
];
/// Stands where a long text was cut.
const CUT: &str = "…";

/// A set of secret values; masks them wherever they appear in a text.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    pattern: Option<Regex>,
    forms: Vec<String>,
    /// Texts that are shown as they are.
    spared: Vec<String>,
}

impl Secrets {
    /// Takes the values as they are, and as they look inside of JSON and addresses. Values of less than three
    /// characters are left out.
    pub fn new<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Self {
        let mut forms: Vec<String> = Vec::new();
        for value in values {
            let value = value.as_ref();
            if value.chars().count() < SHORTEST {
                continue;
            }
            let json = serde_json::Value::from(value).to_string();
            forms.push(json[1..json.len() - 1].to_owned());
            for encoding in ENCODINGS {
                let encoded = utf8_percent_encode(value, encoding).to_string();
                // Forms write a space in their own way.
                forms.extend(encoded.contains("%20").then(|| encoded.replace("%20", "+")));
                forms.push(encoded);
            }
            forms.push(value.to_owned());
        }
        // The pattern takes the first alternative that fits: the longest must stand in front, or a secret that
        // begins with another one would leave its tail.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        let pattern = forms.iter().map(|form| regex::escape(form)).collect::<Vec<_>>().join("|");
        // A set of secrets too large for one pattern is not a thing that happens; hiding everything is the safe side.
        let pattern = (!forms.is_empty()).then(|| Regex::new(&pattern).unwrap_or_else(|_| everything()));
        Self { pattern, forms, spared: Vec::new() }
    }

    /// Texts that everybody knows, such as the name of a scenario: where nothing else stands, they are shown even if a
    /// secret is in them. Within other texts secrets are masked as ever.
    pub fn sparing<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        self.spared.extend(texts.into_iter().map(S::into));
        self
    }

    /// The text with every secret replaced by `***`, also one that was cut short: `s3cr…` is `***…`.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(pattern) = self.pattern.as_ref().filter(|_| !self.spared.iter().any(|spared| spared == text)) else {
            return Cow::Borrowed(text);
        };
        let masked = pattern.replace_all(text, "***");
        if !masked.contains(CUT) {
            return masked;
        }
        let mut parts = masked.split(CUT).map(str::to_owned).collect::<Vec<_>>();
        let last = parts.len() - 1;
        for part in &mut parts[..last] {
            if let Some(length) = self.forms.iter().filter_map(|form| beginning_at_end(form, part)).max() {
                part.truncate(part.len() - length);
                part.push_str("***");
            }
        }
        Cow::Owned(parts.join(CUT))
    }
}

/// How many bytes at the end of `text` are the beginning of `secret`, from a length on that tells anything.
fn beginning_at_end(secret: &str, text: &str) -> Option<usize> {
    secret.char_indices().skip(SHORTEST).map(|(end, _)| end).filter(|&end| text.ends_with(&secret[..end])).last()
}

fn everything() -> Regex {
    Regex::new("(?s).+").expect("a constant pattern")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let secrets = Secrets::new(["s3cret", "s3cret-longer", "a/b c", "say \"hi\""]);
        assert_eq!(secrets.mask("x=s3cret, y=s3cret-longer"), "x=***, y=***");
        assert_eq!(secrets.mask("/?key=a%2Fb%20c"), "/?key=***");
        assert_eq!(secrets.mask(r#"{"a":"say \"hi\""}"#), r#"{"a":"***"}"#);
    }

    #[test]
    fn a_secret_is_masked_however_an_address_or_a_form_has_it() {
        let secrets = Secrets::new(["p@ss-w/rd 1*"]);
        for text in ["p%40ss%2Dw%2Frd%201%2A", "p%40ss-w/rd%201%2A", "p%40ss-w%2Frd+1*", "p@ss-w/rd%201*", "p@ss-w/rd 1*"] {
            assert_eq!(secrets.mask(&format!("GET /?key={text} 200")), "GET /?key=*** 200", "{text}");
        }
    }

    #[test]
    fn a_secret_that_was_cut_is_masked_too() {
        let secrets = Secrets::new(["s3cret", "größe-1"]);
        assert_eq!(secrets.mask("got s3c…"), "got ***…");
        assert_eq!(secrets.mask("got s3cre…, größe… and s…"), "got ***…, ***… and s…");
        assert_eq!(secrets.mask("got s3cret… and more"), "got ***… and more");
    }

    #[test]
    fn short_values_are_no_secrets() {
        assert_eq!(Secrets::new(["10", ""]).mask("10 users"), "10 users");
        assert_eq!(Secrets::default().mask("10 users"), "10 users");
    }

    #[test]
    fn what_everybody_knows_is_spared_where_it_stands_alone() {
        let secrets = Secrets::new(["shop", "quick"]).sparing(["shop-api", "quick"]);
        assert_eq!(["shop-api", "quick", "shop"].map(|text| secrets.mask(text).into_owned()), ["shop-api", "quick", "***"]);
        assert_eq!(secrets.mask("the shop-api is quick"), "the ***-api is ***");
    }

    proptest! {
        #[test]
        fn no_secret_is_left(values in prop::collection::vec("[a-d]{3,6}", 1..5), text in "[a-e]{0,40}") {
            let masked = Secrets::new(&values).mask(&text).into_owned();
            // What stands between two masks was never a secret by itself.
            for value in &values {
                prop_assert!(!masked.contains(value.as_str()), "{value} in {masked}");
            }
        }
    }
}

//! The language as a whole: what a scenario writes, and what is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Serde, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Compiler, RenderError};
use crate::plan::scope::{Scope, Slots};

const NAMES: [&str; 6] = ["token", "account", "ids", "flag", "price", "later"];

fn compiler() -> Compiler {
    let mut slots = Slots::default();
    NAMES.iter().for_each(|name| {
        slots.intern(name);
    });
    Compiler::new(Arc::new(slots), BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned())]))
}

/// All variables but `later` have a value.
fn scope(compiler: &Compiler, seed: u64) -> Scope {
    let scope = Scope::new(Arc::clone(&compiler.slots), seed, 0);
    let fill = |name: &str, value: Json| scope.set(compiler.slots.find(name).unwrap(), Value::from(Serde(value)));
    fill("token", json!("t\"1\""));
    fill("account", json!({"email": "a@b.c", "nick": null}));
    fill("ids", json!([11, 12]));
    fill("flag", json!(true));
    fill("price", json!(9.5));
    scope
}

fn text(source: &str) -> Result<String, RenderError> {
    let compiler = compiler();
    let mut out = Vec::new();
    compiler.text(source).unwrap().render_into(&scope(&compiler, 1), &mut out).map(|()| String::from_utf8(out).unwrap())
}

fn document(source: &Json) -> Result<String, RenderError> {
    let compiler = compiler();
    let mut out = Vec::new();
    compiler.json(source).unwrap().render_into(&scope(&compiler, 1), &mut out).map(|()| String::from_utf8(out).unwrap())
}

#[test]
fn texts_are_rendered_as_they_are_read() {
    for (source, expected) in [
        ("", ""),
        ("plain { text }", "plain { text }"),
        ("{{ token }}", "t\"1\""),
        ("/users/{{ account.email }}/{{ ids[0] }}?ok={{ flag }}", "/users/a@b.c/11?ok=true"),
        ("{{ account.email|urlencode }}", "a%40b.c"),
        ("{{ account.nick }}", "null"),
        ("{{ ids }}", "[11,12]"),
        ("{{ price * 2 }} {{ 1 + 2 }}", "19.0 3"),
        ("{{ later|default('none yet') }}", "none yet"),
        ("{{ later is defined }}", "false"),
        ("{{ account.later|default(0) }}", "0"),
        ("{{ 'a' if flag else later }}", "a"),
        ("{{ flag or later }}", "true"),
        ("{{ 'user:pass'|b64encode }}", "dXNlcjpwYXNz"),
        ("{{ {'a': [1, none]}|tojson }}", "{\"a\":[1,null]}"),
        ("{{ env.KEY }}", "s3cret"),
        ("{{ env.OTHER|default('-') }}", "-"),
        ("{% set env = 1 %}{{ env }}", "1"),
        ("{% if flag %}yes{% else %}{{ later }}{% endif %}\n", "yes\n"),
        ("{% for id in ids %}{{ id }};{% endfor %}{{ none }}{{ false }}", "11;12;nullfalse"),
        ("{% if later is defined %}{{ later }}{% endif %}", ""),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a {{- ' b ' -}} c{# gone #}", "a b c"),
        ("{{ '{{' }}", "{{"),
    ] {
        assert_eq!(text(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn a_name_without_a_value_is_never_an_empty_text() {
    for (source, missing) in [
        ("{{ later }}", "later"),
        ("{{ later.x }}", "later"),
        ("{{ account.nope }}", "account.nope"),
        ("{{ account.email.deeper }}", "account.email.deeper"),
        ("{{ later|upper }}", "later"),
        ("{{ later|urlencode }}", "later"),
        ("{{ account.nope|urlencode }}", "account.nope"),
        ("{{ 'a' ~ later }}", "later"),
        ("{{ 'a' ~ account.nope }}", "account.nope"),
        ("{{ later == 1 }}", "later"),
        ("{{ [later] }}", "later"),
        ("{{ {'a': account.nope} }}", "account.nope"),
        ("{{ [account['nope']] if flag else 1 }}", "[account['nope']] if flag else 1"),
        ("{{ later if flag else 'x' }}", "later"),
        ("{{ choose(later) }}", "later"),
        ("{{ random_int(1, later) }}", "later"),
        ("{{ jwt({'sub': account.nope}, env.KEY) }}", "account.nope"),
        ("{{ jwt({'sub': 'x'}, env.UNSET) }}", "env.UNSET"),
        ("{{ env.UNSET }}", "env.UNSET"),
        ("{{ nobody }}", "nobody"),
        ("{{ later|default(token) ~ nobody }}", "nobody"),
        ("{% if later %}x{% endif %}", "later"),
        ("{% for x in later %}x{% endfor %}", "later"),
        ("{% if flag %}{{ account.email }}{{ later }}{% endif %}", "later"),
    ] {
        assert_eq!(text(source), Err(RenderError::Missing(missing.to_owned())), "{source}");
    }
}

#[test]
fn what_cannot_be_computed_says_why() {
    for (source, message) in [
        ("{{ choose([]) }}", "choose has nothing to choose from: the list is empty"),
        ("{{ choose('abc') }}", "choose needs a list, not a string"),
        ("{{ random_int(5, 1) }}", "random_int(5, 1) has nothing to draw from: the first number is above the second"),
        ("{{ random_float(0.11, 0.12, 1) }}", "random_float(0.11, 0.12, 1): no number between them has so few digits"),
        ("{{ random_float(-1e308, 1e308) }}", "random_float can't draw from so wide a range"),
        ("{{ jwt({'a': 1}, '') }}", "jwt has no key: the second argument is empty or no text"),
        ("{{ jwt({'a': 1}, 'k', 'HS1') }}", "jwt knows no algorithm `HS1`: use HS256, RS256 or ES256"),
        ("{{ jwt({'a': 1}, 'k', algorithm='RS256') }}", "the key of the jwt is no private key for RS256 as PEM text"),
        ("{{ fake.password(0) }}", "0 is no size between 1 and 100000"),
    ] {
        assert_eq!(text(source), Err(RenderError::Expression(message.to_owned())), "{source}");
    }
}

#[test]
fn documents_keep_types_and_escape_texts() {
    let source = json!({
        "lone": "{{ price }}", "list": "{{ ids }}", "flag": "{{ flag }}", "none": "{{ account.nick }}", "text": "{{ token }}",
        "inside": "<{{ token }}>{{ flag }}{{ account.nick }}", "{{ token }}": [1, 2.5, null, true, {}, []], "tab": "\t{% if flag %}\"{% endif %}",
    });
    let expected = r#"{"lone":9.5,"list":[11,12],"flag":true,"none":null,"text":"t\"1\"","inside":"<t\"1\">truenull","t\"1\"":[1,2.5,null,true,{},[]],"tab":"\t\""}"#;
    assert_eq!(document(&source).as_deref(), Ok(expected));
    let compiler = compiler();
    assert_eq!(compiler.json(&json!({"a": [1, "x"]})).unwrap().as_static(), Some(br#"{"a":[1,"x"]}"#.as_slice()));
}

#[test]
fn values_keep_their_types() {
    let compiler = compiler();
    let scope = scope(&compiler, 1);
    let eval = |source: Json| compiler.value(&source).unwrap().eval(&scope).unwrap();
    assert_eq!(eval(json!("{{ price }}")), Value::from(9.5));
    assert_eq!(eval(json!("{{ price }}€")), Value::from("9.5€"));
    assert_eq!(eval(json!(["{{ ids }}", 1, "x"])).to_string(), "[[11, 12], 1, 'x']");
    assert_eq!(eval(json!({"b": "{{ flag }}", "a": 1})), Value::from(Serde(json!({"b": true, "a": 1}))));
    assert_eq!(compiler.value(&json!({"a": [1]})).unwrap().as_static(), Some(&Value::from(Serde(json!({"a": [1]})))));
}

#[test]
fn the_names_a_template_needs_are_listed_with_their_places() {
    let template = compiler().text("/{{ account.email }}/{{ unknown|default(env.KEY) }}/{{ uuid() }}").unwrap();
    let names: Vec<_> =
        template.names().iter().map(|use_| (use_.name.as_str(), use_.attributes.len(), use_.offset, use_.optional)).collect();
    assert_eq!(names, [("account", 1, 4, false), ("unknown", 0, 24, true)]);
    assert_eq!((template.env_names()[0].name.as_str(), template.env_names()[0].offset), ("KEY", 44));
    let template = compiler().text("{% for x in xs %}{{ x }}{{ y }}{% endfor %}").unwrap();
    assert_eq!(template.names().iter().map(|use_| use_.name.as_str()).collect::<Vec<_>>(), ["xs", "y"]);
    let document = compiler().json(&json!({"a": [{"b/c": "{{ here }}"}]})).unwrap();
    assert_eq!(document.names()[0].pointer, "/a/0/b~1c");
}

#[test]
fn wrong_templates_are_pointed_at_and_helped() {
    for (source, message, span, help) in [
        ("ab{{ x", "`{{` is never closed by `}}`", (2, 2), Some("to send the characters themselves, write `{{ '{{' }}`")),
        ("{{ randomint(1) }}", "unknown function `randomint`", (3, 9), Some("did you mean `random_int`?")),
        ("{{ token|uper }}", "unknown filter `uper`", (9, 4), Some("did you mean `upper`?")),
        ("{{ token is definde }}", "unknown test `definde`", (12, 7), Some("did you mean `defined`?")),
        ("é{{ fake.emial() }}", "`fake` has no `emial`", (10, 5), Some("did you mean `email`?")),
        ("{{ uuid }}", "`uuid` is a function", (3, 4), Some("call it: `uuid(..)`")),
        ("{% include 'x' %}", "`include` has no other template to work with", (3, 7), None),
        ("{{ env['KEY'] }}", "`env` is read by the name of a variable", (3, 3), Some("write `env.NAME`")),
        ("{{ env|attr('KEY') }}", "`env` is read by the name of a variable", (3, 3), Some("write `env.NAME`")),
        ("{{ env.get('KEY') }}", "`env` is read by the name of a variable", (3, 3), Some("write `env.NAME`")),
        ("{% set all = env %}{{ all.KEY }}", "`env` is read by the name of a variable", (13, 3), Some("write `env.NAME`")),
    ] {
        let error = compiler().text(source).unwrap_err();
        assert_eq!((error.message.as_str(), error.span, error.help.as_deref()), (message, Some(span), help), "{source}");
    }
    let error = compiler().text("x {{ 1 + }}").unwrap_err();
    assert_eq!(error.span.map(|(at, _)| (5..=11).contains(&at)), Some(true), "{error:?}");
    let error = compiler().text("{{ }}").unwrap_err();
    assert!(error.help.is_some(), "{error:?}");
    let error = compiler().json(&json!({"a": ["{{ b"]})).unwrap_err();
    assert_eq!((error.pointer.as_str(), error.span), ("/a/0", Some((0, 2))));
    assert_eq!(compiler().suggest("tokne").as_deref(), Some("token"));
    assert_eq!(compiler().suggest("uid").as_deref(), Some("uuid()"));
}

#[test]
fn basic_credentials_are_encoded_when_they_are_rendered() {
    let compiler = compiler();
    let scope = scope(&compiler, 1);
    let render = |user: &str, password: &str| {
        let template = super::Template::basic_auth(compiler.text(user).unwrap(), compiler.text(password).unwrap());
        let mut out = Vec::new();
        template.render_into(&scope, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), template.as_static().is_some(), template.names().len())
    };
    assert_eq!(render("joe", "pass"), ("Basic am9lOnBhc3M=".to_owned(), true, 0));
    assert_eq!(render("{{ account.email }}", "{{ token }}"), ("Basic YUBiLmM6dCIxIg==".to_owned(), false, 2));
    let bearer = compiler.text("{{ account.email }}").unwrap().with_prefix("Bearer ");
    let mut out = Vec::new();
    bearer.render_into(&scope, &mut out).unwrap();
    assert_eq!(out, b"Bearer a@b.c");
}

#[test]
fn the_same_seed_gives_the_same_values_and_users_differ() {
    let compiler = compiler();
    let source = "{{ uuid() }} {{ random_int(1, 1000000) }} {{ fake.email() }} {{ choose(ids) }} {{ fake.sentence(4) }}";
    let template = compiler.text(source).unwrap();
    let render = |seed: u64, stream: u64| {
        let scope = Scope::new(Arc::clone(&compiler.slots), seed, stream);
        scope.set(compiler.slots.find("ids").unwrap(), Value::from(vec![1, 2, 3]));
        let mut out = Vec::new();
        template.render_into(&scope, &mut out).unwrap();
        template.render_into(&scope, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(render(7, 3), render(7, 3));
    assert_ne!(render(7, 3), render(7, 4));
    assert_ne!(render(7, 3), render(8, 3));
}

#[test]
fn drawn_numbers_stay_in_their_range_and_reach_both_ends() {
    let compiler = compiler();
    let scope = scope(&compiler, 5);
    let draw = |source: &str| -> Vec<f64> {
        let value = compiler.value(&json!(source)).unwrap();
        (0..400).map(|_| f64::try_from(value.eval(&scope).unwrap()).unwrap()).collect()
    };
    for (source, ends) in [
        ("{{ random_int(-1, 2) }}", [-1.0, 2.0]),
        ("{{ random_float(0.1, 0.3, 1) }}", [0.1, 0.3]),
        ("{{ random_float(0, 1, digits=1) }}", [0.0, 1.0]),
    ] {
        let drawn = draw(source);
        assert!(drawn.iter().all(|value| (ends[0]..=ends[1]).contains(value)), "{source}");
        assert!(ends.iter().all(|end| drawn.contains(end)), "{source}");
    }
    assert!(draw("{{ random_float(1, 2) }}").iter().all(|value| (1.0..=2.0).contains(value)));
    assert!(draw("{{ random_float(6.0, 10.0, 2) }}").iter().all(|value| ((value * 100.0).round() / 100.0 - value).abs() < 1e-12));
}

#[test]
fn identifiers_are_version_four() {
    let id = text("{{ uuid() }}").unwrap();
    let parsed = uuid::Uuid::parse_str(&id).unwrap();
    assert_eq!((parsed.get_version_num(), parsed.get_variant()), (4, uuid::Variant::RFC4122));
}

#[test]
fn tokens_are_signed_and_can_be_verified() {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
    let compiler = compiler();
    let template = compiler.text("{{ jwt({'sub': account.email, 'exp': now() + 60}, env.KEY) }}").unwrap();
    let mut out = Vec::new();
    template.render_into(&scope(&compiler, 1), &mut out).unwrap();
    let key = DecodingKey::from_secret(b"s3cret");
    let token = String::from_utf8(out).unwrap();
    let decoded = decode::<Json>(&token, &key, &Validation::new(Algorithm::HS256)).unwrap();
    assert_eq!(decoded.claims["sub"], json!("a@b.c"));
    assert!(decode::<Json>(&token, &DecodingKey::from_secret(b"other"), &Validation::new(Algorithm::HS256)).is_err());
}

#[test]
fn templates_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<super::Template>();
    shared::<super::ValueTemplate>();
    shared::<super::JsonTemplate>();
}

proptest! {
    #[test]
    fn text_without_marks_survives_byte_for_byte(source in any::<String>()) {
        prop_assume!(!["{{", "{%", "{#"].iter().any(|mark| source.contains(mark)));
        let compiler = compiler();
        let template = compiler.text(&source).unwrap();
        prop_assert_eq!(template.as_static(), Some(source.as_str()));
    }

    #[test]
    fn text_around_placeholders_survives_byte_for_byte(before in "[^{]{0,20}", after in "[^{]{0,20}") {
        for middle in ["{{ 'x' }}", "{% if true %}x{% endif %}"] {
            prop_assert_eq!(text(&format!("{before}{middle}{after}")).unwrap(), format!("{before}x{after}"));
        }
    }

    #[test]
    fn whatever_is_in_a_hole_the_document_stays_json(value in any::<String>(), key in "[^{]{0,10}") {
        let compiler = compiler();
        let scope = scope(&compiler, 1);
        scope.set(compiler.slots.find("token").unwrap(), Value::from(value.as_str()));
        let source = json!({ key.clone(): ["{{ token }}", "a\"{{ token }}\\b", "{{ token ~ '' }}"], "{{ token }}x": 1 });
        let mut out = Vec::new();
        compiler.json(&source).unwrap().render_into(&scope, &mut out).unwrap();
        let read: Json = serde_json::from_slice(&out).unwrap();
        let expected = json!({ key: [value.clone(), format!("a\"{value}\\b"), value.clone()], format!("{value}x"): 1 });
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(source in "[ a-c.|({'\"%#}\\[\\])1é-]{0,30}") {
        let _ = compiler().text(&format!("{{{{ {source} }}}}"));
        let _ = compiler().text(&source);
    }
}

//! Checks as a scenario writes them, on answers as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use minijinja::Value;
use serde_json::{Value as Json, json};

use super::{CheckId, CheckPlan, CheckVerdict, ChecksPlan, Predicate, StatusRule};
use crate::plan::answer::Answer;
use crate::plan::json_path::JsonPath;
use crate::plan::scope::{Scope, Slots};
use crate::plan::template::Compiler;
use crate::units::Micros;

const BODY: &str = r#"{"stock": 3, "status": "done", "price": 1.0, "items": [{"id": 1}, {"id": 2}], "none": null, "long": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

fn compiler() -> (Compiler, Scope) {
    let mut slots = Slots::default();
    let stock = slots.intern("stock");
    slots.intern("later");
    let slots = Arc::new(slots);
    let scope = Scope::new(Arc::clone(&slots), 1, 0);
    scope.set(stock, Value::from(3));
    (Compiler::new(slots, BTreeMap::new()), scope)
}

fn json_check(compiler: &Compiler, path: &str, predicate: &Json) -> CheckPlan {
    CheckPlan::Json(JsonPath::parse(path).unwrap(), Predicate::compile(compiler, predicate).unwrap())
}

fn outcome(check: CheckPlan, scope: &Scope, body: &str) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.append("x-n", HeaderValue::from_static("5"));
    headers.append("x-n", HeaderValue::from_static("7"));
    let plan = ChecksPlan { checks: vec![(CheckId(0), check)], ..Default::default() };
    let answer = Answer::new(200, &headers, body.as_bytes(), Micros::from_millis(812));
    match plan.judge(&answer, scope, &mut |_, _| {}) {
        CheckVerdict::Passed => Ok(()),
        CheckVerdict::Failed(message) | CheckVerdict::WrongStatus(message) => Err(message),
    }
}

#[test]
fn predicates_hold_or_say_what_came() {
    let (compiler, scope) = compiler();
    let ok = Ok(());
    for (path, predicate, expected) in [
        ("$.stock", json!(3), ok),
        ("$.stock", json!(3.0), ok),
        ("$.stock", json!(0), Err("$.stock: expected 0, got 3")),
        ("$.stock", json!("3"), Err("$.stock: expected \"3\", got 3")),
        ("$.stock", json!("{{ stock }}"), ok),
        ("$.stock", json!("{{ stock + 1 }}"), Err("$.stock: expected 4, got 3")),
        ("$.stock", json!("{{ later }}"), Err("$.stock: `later` has no value")),
        ("$.stock", json!({"not": "{{ later }}"}), Err("$.stock: `later` has no value")),
        ("$.stock", json!({"min": 1, "max": 3}), ok),
        ("$.stock", json!({"min": 4}), Err("$.stock: expected at least 4, got 3")),
        ("$.stock", json!({"max": "2"}), Err("$.stock: expected at most \"2\", got 3")),
        ("$.stock", json!({"not": 3}), Err("$.stock: expected not 3, got 3")),
        ("$.stock", json!({"not": {"in": [1, 2]}}), ok),
        ("$.stock", json!({"type": "integer"}), ok),
        ("$.stock", json!({"type": ["string", "null"]}), Err("$.stock: expected type string or null, got integer")),
        ("$.price", json!({"type": "number"}), ok),
        ("$.status", json!({"in": ["queued", "done"]}), ok),
        ("$.status", json!({"in": ["queued"]}), Err("$.status: expected one of [\"queued\"], got \"done\"")),
        ("$.status", json!({"contains": "on", "matches": "^d.n"}), ok),
        ("$.status", json!({"matches": "^x"}), Err("$.status: expected to match `^x`, got \"done\"")),
        ("$.items", json!({"min_length": 1, "max_length": 2}), ok),
        ("$.items", json!({"min_length": 3}), Err("$.items: expected a length of at least 3, got a length of 2")),
        ("$.stock", json!({"min_length": 3}), Err("$.stock: expected a length of at least 3, got 3")),
        ("$.items[*].id", json!([1, 2]), ok),
        ("$.items[*].id", json!({"contains": [2, 1.0]}), ok),
        ("$.items[0]", json!({"contains": "id"}), ok),
        ("$.none", json!(null), ok),
        ("$.none", json!({"exists": true}), ok),
        ("$.nope", json!({"exists": false}), ok),
        ("$.nope", json!({"exists": true}), Err("$.nope: expected a value, got nothing")),
        ("$.nope", json!({"not": 1}), Err("$.nope: expected not 1, got nothing")),
        ("$.stock", json!({"exists": false}), Err("$.stock: expected nothing, got 3")),
    ] {
        let found = outcome(json_check(&compiler, path, &predicate), &scope, BODY);
        assert_eq!(found, expected.map_err(str::to_owned), "{path} {predicate}");
    }
    let long = outcome(json_check(&compiler, "$.long", &json!("x")), &scope, BODY).unwrap_err();
    assert_eq!(long.chars().count(), "$.long: expected \"x\", got ".len() + 80);
    assert_eq!(outcome(json_check(&compiler, "$.a", &json!(1)), &scope, "<html>"), Err("$.a: the body is not JSON".to_owned()));
}

#[test]
fn headers_bodies_and_times_are_checked_without_showing_what_came() {
    let (compiler, scope) = compiler();
    let predicate = |source: Json| Predicate::compile(&compiler, &source).unwrap();
    let header = |name: &'static str, source: Json| CheckPlan::Header(HeaderName::from_static(name), predicate(source));
    for (check, expected) in [
        (header("content-type", json!({"contains": "json"})), Ok(())),
        (header("content-type", json!("text/html")), Err("header content-type: expected \"text/html\", got another value")),
        (header("x-n", json!(7)), Ok(())),
        (header("x-n", json!({"min": 9})), Err("header x-n: expected at least 9, got another value")),
        (header("x-none", json!({"exists": false})), Ok(())),
        (header("x-none", json!("a")), Err("header x-none: expected \"a\", got nothing")),
        (CheckPlan::Body(predicate(json!({"contains": "\"stock\": 3"}))), Ok(())),
        (CheckPlan::Body(predicate(json!("pong"))), Err("body: expected \"pong\", got 191 other characters")),
        (CheckPlan::time(&json!("< 900ms")).unwrap(), Ok(())),
        (CheckPlan::time(&json!({"max": "500ms"})).unwrap(), Err("time: expected at most 500ms, got 812ms")),
        (CheckPlan::time(&json!(0.8)).unwrap(), Err("time: expected at most 800ms, got 812ms")),
    ] {
        let name = check.name();
        assert_eq!(outcome(check, &scope, BODY), expected.map_err(str::to_owned), "{name}");
    }
}

#[test]
fn every_check_is_counted_and_the_status_comes_first() {
    let (compiler, scope) = compiler();
    let mut plan = ChecksPlan {
        status: StatusRule::parse(&json!([201, 409])).unwrap(),
        status_id: Some(CheckId(7)),
        checks: vec![(CheckId(8), json_check(&compiler, "$.stock", &json!(0))), (CheckId(9), json_check(&compiler, "$.price", &json!(1)))],
    };
    let headers = HeaderMap::new();
    let judge = |plan: &ChecksPlan, status: u16| {
        let mut counted = Vec::new();
        let answer = Answer::new(status, &headers, BODY.as_bytes(), Micros::ZERO);
        let verdict = plan.judge(&answer, &scope, &mut |id, held| counted.push((id.0, held)));
        (verdict, counted)
    };
    let wrong = CheckVerdict::WrongStatus("expected status 201 or 409, got 500".to_owned());
    assert_eq!(judge(&plan, 500), (wrong, vec![(7, false), (8, false), (9, true)]));
    let failed = CheckVerdict::Failed("$.stock: expected 0, got 3".to_owned());
    assert_eq!(judge(&plan, 201), (failed, vec![(7, true), (8, false), (9, true)]));
    plan.checks.remove(0);
    plan.status_id = None;
    assert_eq!(judge(&plan, 409), (CheckVerdict::Passed, vec![(9, true)]));
}

#[test]
fn only_what_looks_into_the_body_needs_it() {
    let (compiler, _) = compiler();
    let needs = |check: CheckPlan| ChecksPlan { checks: vec![(CheckId(0), check)], ..Default::default() }.reads_body();
    assert!(needs(json_check(&compiler, "$.a", &json!(1))));
    assert!(!needs(CheckPlan::time(&json!("1s")).unwrap()));
    assert!(!ChecksPlan::default().reads_body());
}

#[test]
fn checks_are_named_as_they_are_written() {
    let (compiler, _) = compiler();
    for (predicate, name) in [
        (json!(0), "$.a == 0"),
        (json!("{{ stock }}"), "$.a == \"{{ stock }}\""),
        (json!({"in": ["x", 1]}), "$.a in [\"x\",1]"),
        (json!({"min": 1, "max": 5}), "$.a >= 1 and $.a <= 5"),
        (json!({"not": "x"}), "$.a != \"x\""),
        (json!({"not": {"contains": "x"}}), "not ($.a contains \"x\")"),
        (json!({"min_length": 1}), "length of $.a >= 1"),
        (json!({"max_length": 1}), "length of $.a <= 1"),
        (json!({"matches": "^x"}), "$.a matches `^x`"),
        (json!({"exists": true}), "$.a exists"),
        (json!({"exists": false}), "$.a does not exist"),
        (json!({"type": ["list", null]}), "$.a is of type list or null"),
    ] {
        assert_eq!(json_check(&compiler, "$.a", &predicate).name(), name);
    }
    assert_eq!(CheckPlan::time(&json!("500ms")).unwrap().name(), "time <= 500ms");
}

#[test]
fn wrong_predicates_are_pointed_at_and_helped() {
    let (compiler, _) = compiler();
    for (source, pointer, message, help) in [
        (
            json!({}),
            "",
            "an empty mapping checks nothing",
            Some("it takes in, not, min, max, min_length, max_length, contains, matches, exists, type"),
        ),
        (json!({"mn": 1}), "/mn", "unknown predicate `mn`", Some("did you mean `min`?")),
        (json!({"contain": 1}), "/contain", "unknown predicate `contain`", Some("did you mean `contains`?")),
        (json!({"equals": 1}), "/equals", "unknown predicate `equals`", Some("write the value itself")),
        (json!({"in": 5}), "/in", "`in` takes a list, not 5", None),
        (json!({"min": [1]}), "/min", "`min` takes a number, not [1]", None),
        (json!({"min_length": -1}), "/min_length", "`min_length` takes a whole number, not -1", None),
        (json!({"exists": "yes"}), "/exists", "`exists` takes true or false, not \"yes\"", None),
        (json!({"type": "strin"}), "/type", "\"strin\" is no type", Some("did you mean `string`?")),
        (
            json!({"not": {"in": ["{{ x"]}}),
            "/not/in/0",
            "`{{` is never closed by `}}`",
            Some("to send the characters themselves, write `{{ '{{' }}`"),
        ),
    ] {
        let error = Predicate::compile(&compiler, &source).unwrap_err();
        assert_eq!((error.pointer.as_str(), error.message.as_str(), error.help.as_deref()), (pointer, message, help), "{source}");
    }
    let predicate = Predicate::compile(&compiler, &json!({"not": {"min": "{{ later }}"}, "in": ["{{ stock }}"]})).unwrap();
    let pointers: Vec<_> = predicate.names().into_iter().map(|name| (name.name, name.pointer)).collect();
    assert_eq!(pointers, [("later".to_owned(), "/not/min".to_owned()), ("stock".to_owned(), "/in/0".to_owned())]);
    assert!(CheckPlan::time(&json!("fast")).is_err());
}

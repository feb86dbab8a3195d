//! The template language: which functions, filters and tests there are.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::fake_data::Fake;
use super::{RenderError, functions, jwt, print};

/// The functions of an expression.
pub(super) const FUNCTIONS: [&str; 9] = ["random_int", "random_float", "choose", "uuid", "now", "jwt", "range", "dict", "namespace"];

/// The filters, minijinja's own and ours.
pub(super) const FILTERS: [&str; 50] = [
    "abs",
    "attr",
    "b64encode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "zip",
];

/// The tests that stand behind `is`.
pub(super) const TESTS: [&str; 36] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Whether a name means something without being a variable.
pub(super) fn is_global(name: &str) -> bool {
    name == "env" || name == "fake" || FUNCTIONS.contains(&name)
}

/// The environment all expressions are compiled in and evaluated with.
///
/// One is enough for the process: functions find the user, and `env` its values, in the scope that is being rendered.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(build);
    &ENVIRONMENT
}

/// An environment of the same language.
pub(super) fn build() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // What is sent is no HTML, whatever a template is called.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(|out, _, value| {
        let mut text = Vec::new();
        print::write_text(value, &mut text).map_err(failed)?;
        out.write_str(&String::from_utf8_lossy(&text)).map_err(Error::from)
    });
    // It prints everything there is, secrets included.
    environment.remove_global("debug");
    environment.add_function("random_int", functions::random_int);
    environment.add_function("random_float", functions::random_float);
    environment.add_function("choose", functions::choose);
    environment.add_function("uuid", functions::uuid);
    environment.add_function("now", functions::now);
    environment.add_function("jwt", jwt::jwt);
    environment.add_global("fake", Value::from_object(Fake));
    environment.add_filter("b64encode", |text: String| STANDARD.encode(text));
    // minijinja's own one escapes what HTML doesn't like.
    environment.add_filter("tojson", |value: Value| {
        let mut text = Vec::new();
        print::write_json(&value, &mut text).map_err(failed)?;
        Ok::<_, Error>(String::from_utf8_lossy(&text).into_owned())
    });
    environment
}

fn failed(error: RenderError) -> Error {
    Error::new(ErrorKind::BadSerialization, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_is_there() {
        let environment = environment();
        let holds = |expression: String| {
            let compiled = environment.compile_expression_owned(expression).unwrap();
            compiled.eval(Value::UNDEFINED).unwrap().is_true()
        };
        for name in FILTERS {
            assert!(holds(format!("'{name}' is filter")), "{name}");
        }
        for name in TESTS {
            assert!(holds(format!("'{name}' is test")), "{name}");
        }
        for name in FUNCTIONS {
            assert!(environment.globals().any(|(global, _)| global == name), "{name}");
        }
    }

    #[test]
    fn no_global_is_left_unlisted() {
        let unlisted: Vec<_> = environment().globals().map(|(name, _)| name.to_owned()).filter(|name| !is_global(name)).collect();
        assert_eq!(unlisted, Vec::<String>::new());
    }
}

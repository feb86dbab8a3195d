//! The scope that is being rendered on this thread.
//!
//! Compiled expressions are shared by all threads, a scope belongs to one: functions and variables find it here for the
//! time of one evaluation, instead of being built anew for each.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind};
use rand_pcg::Pcg64Mcg;

use super::environment::is_global;
use crate::plan::scope::Scope;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
    /// One a thread, so that threads don't count references to the same object.
    static VARIABLES: Value = Value::from_object(Variables);
}

struct Current {
    scope: Scope,
    env: Value,
    missing: Vec<String>,
}

/// Evaluates with `scope` as the current one. `evaluate` gets the variables; the second result is the names that
/// were read and had no value, in that order.
pub(super) fn evaluate_in<T>(scope: &Scope, env: &Value, evaluate: impl FnOnce(Value) -> T) -> (T, Vec<String>) {
    let outer = CURRENT.replace(Some(Current { scope: scope.clone(), env: env.clone(), missing: Vec::new() }));
    let restore = Restore(outer);
    let result = evaluate(VARIABLES.with(Value::clone));
    let missing = CURRENT.with_borrow_mut(|current| current.as_mut().map(|current| std::mem::take(&mut current.missing)));
    drop(restore);
    (result, missing.unwrap_or_default())
}

/// Draws with the random numbers of the user that is being rendered.
pub(super) fn with_random<T>(draw: impl FnOnce(&mut Pcg64Mcg) -> T) -> Result<T, Error> {
    CURRENT.with_borrow(|current| match current {
        Some(current) => Ok(current.scope.with_random(draw)),
        None => Err(Error::new(ErrorKind::InvalidOperation, "random values can only be drawn for a user")),
    })
}

/// Puts back what was current before, also where an evaluation panics.
struct Restore(Option<Current>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

fn note_missing(name: impl FnOnce() -> String) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.missing.push(name());
        }
    });
}

/// The variables of the current scope, as expressions see them.
#[derive(Debug)]
struct Variables;

impl Object for Variables {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let value = CURRENT.with_borrow(|current| {
            let current = current.as_ref()?;
            if key == "env" { Some(current.env.clone()) } else { current.scope.value_named(key) }
        });
        if value.as_ref().map_or(!is_global(key), Value::is_undefined) {
            note_missing(|| key.to_owned());
        }
        value
    }
}

/// What `env` is in an expression. It can't be listed or printed: its values are secret.
pub(super) struct EnvValues(BTreeMap<String, Value>);

impl EnvValues {
    pub(super) fn new(values: BTreeMap<String, String>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
    }
}

impl Object for EnvValues {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let value = self.0.get(key).cloned();
        if value.is_none() {
            note_missing(|| format!("env.{key}"));
        }
        value
    }
}

impl fmt::Debug for EnvValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::scope::Slots;

    #[test]
    fn a_user_is_current_during_an_evaluation_only() {
        let scope = |seed| Scope::new(Arc::new(Slots::default()), seed, 0);
        let draw = || with_random(rand::RngExt::random::<u64>);
        let (one, other) = (scope(1), scope(2));
        let alone = evaluate_in(&scope(1), &Value::UNDEFINED, |_| (draw().unwrap(), draw().unwrap())).0;
        let nested = evaluate_in(&one, &Value::UNDEFINED, |_| {
            let first = draw().unwrap();
            evaluate_in(&other, &Value::UNDEFINED, |_| draw().unwrap());
            (first, draw().unwrap())
        });
        assert_eq!(nested.0, alone);
        assert!(draw().is_err());
    }
}

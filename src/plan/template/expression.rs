//! One placeholder: a variable, or a compiled expression.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, Expression as Compiled};

use super::analysis::Path;
use super::{RenderError, current};
use crate::plan::scope::{Scope, SlotId};

/// What stands between `{{` and `}}`.
#[derive(Debug)]
pub(super) enum Expression {
    /// A variable: no expression is evaluated at all.
    Variable(Lookup),
    /// Anything else.
    Computed(Box<Computed>),
}

/// A variable, or an attribute of one.
#[derive(Debug)]
pub(super) struct Lookup {
    slot: SlotId,
    root: Box<str>,
    attributes: Box<[Box<str>]>,
}

/// An expression that minijinja evaluates.
#[derive(Debug)]
pub(super) struct Computed {
    /// What `env` is in it.
    pub(super) env: Value,
    /// The compiled form; it borrows the environment of the process.
    pub(super) compiled: Compiled<'static, 'static>,
    /// The expression as written, for messages.
    pub(super) source: Box<str>,
    /// The variables it reads without a `default(..)` or `is defined`.
    pub(super) required: Box<[Lookup]>,
    /// Names that stand before a `default(..)` or `is defined`.
    pub(super) optional: Box<[Box<str>]>,
    /// A part of it may never be evaluated, so that not all of `required` need a value.
    pub(super) branches: bool,
}

impl Expression {
    /// Its value; never an undefined one.
    pub(super) fn eval(&self, scope: &Scope) -> Result<Value, RenderError> {
        match self {
            Self::Variable(lookup) => lookup.value(scope),
            Self::Computed(computed) => computed.eval(scope),
        }
    }
}

impl Lookup {
    pub(super) fn new(slot: SlotId, path: &Path<'_>) -> Self {
        let attributes = path.attributes.iter().map(|attribute| Box::from(*attribute)).collect();
        Self { slot, root: Box::from(path.root), attributes }
    }

    fn value(&self, scope: &Scope) -> Result<Value, RenderError> {
        let mut value = scope.value(self.slot);
        for attribute in &self.attributes {
            if value.is_undefined() {
                break;
            }
            value = value.get_attr(attribute).unwrap_or(Value::UNDEFINED);
        }
        if value.is_undefined() { Err(RenderError::Missing(self.missing(scope))) } else { Ok(value) }
    }

    /// The variable where it has no value at all, else the path down to the attribute it lacks.
    #[cold]
    fn missing(&self, scope: &Scope) -> String {
        let mut path = self.root.to_string();
        if scope.value(self.slot).is_undefined() {
            return path;
        }
        for attribute in &self.attributes {
            path.push('.');
            path.push_str(attribute);
        }
        path
    }
}

impl Computed {
    fn eval(&self, scope: &Scope) -> Result<Value, RenderError> {
        let (result, missing) = current::evaluate_in(scope, &self.env, |variables| self.compiled.eval(variables));
        let missing = missing.into_iter().find(|name| !self.optional.iter().any(|optional| **optional == **name));
        // Filters and texts take an undefined value for an empty one; here it must never become one. Where a part is
        // never evaluated, its variables need no value.
        let unresolved = || if self.branches { None } else { self.unresolved(scope) };
        match (result, missing.or_else(unresolved)) {
            (_, Some(name)) => Err(RenderError::Missing(name)),
            (Ok(value), None) if holds_undefined(&value) => Err(RenderError::Missing(self.source.to_string())),
            (Ok(value), None) => Ok(value),
            (Err(error), None) if error.kind() == ErrorKind::UndefinedError => {
                Err(RenderError::Missing(self.unresolved(scope).unwrap_or_else(|| self.source.to_string())))
            }
            (Err(error), None) => Err(RenderError::Expression(message(&error))),
        }
    }

    /// The first variable or attribute that it needs and that isn't there.
    fn unresolved(&self, scope: &Scope) -> Option<String> {
        self.required.iter().find_map(|lookup| lookup.value(scope).err().map(|_| lookup.missing(scope)))
    }
}

/// Whether a value is undefined, or a list or mapping with something undefined in it.
pub(super) fn holds_undefined(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Undefined => true,
        ValueKind::Seq => value.try_iter().is_ok_and(|mut items| items.any(|item| holds_undefined(&item))),
        ValueKind::Map => {
            value.try_iter().is_ok_and(|mut keys| keys.any(|key| value.get_item(&key).is_ok_and(|item| holds_undefined(&item))))
        }
        _ => false,
    }
}

/// What went wrong, without minijinja's names for files and kinds where the detail says it all.
pub(super) fn message(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::InvalidOperation | ErrorKind::BadSerialization, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

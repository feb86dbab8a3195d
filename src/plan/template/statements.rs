//! A text with `{% %}` in it: minijinja renders it as a whole.

use minijinja::Environment;
use minijinja::Error;
use minijinja::ErrorKind;
use minijinja::value::Value;

use super::expression::message;
use super::{RenderError, current, environment};
use crate::plan::scope::Scope;

/// The one template each of these environments has.
const NAME: &str = "text";

/// A compiled text with statements. It owns an environment, since minijinja keeps templates only in one.
#[derive(Debug)]
pub(super) struct Statements {
    environment: Environment<'static>,
    env: Value,
    optional: Box<[Box<str>]>,
}

impl Statements {
    /// Compiles `source`.
    pub(super) fn new(source: &str, env: Value) -> Result<Self, Error> {
        let mut environment = environment::build();
        environment.add_template_owned(NAME, source.to_owned())?;
        Ok(Self { environment, env, optional: Box::default() })
    }

    /// Names whose absence the text itself deals with.
    pub(super) fn allow_missing(&mut self, optional: Box<[Box<str>]>) {
        self.optional = optional;
    }

    /// The names that no statement of the text gives a value.
    pub(super) fn names(&self) -> std::collections::HashSet<String> {
        self.environment.get_template(NAME).map(|template| template.undeclared_variables(false)).unwrap_or_default()
    }

    /// The text.
    pub(super) fn render(&self, scope: &Scope) -> Result<String, RenderError> {
        let (result, missing) = current::evaluate_in(scope, &self.env, |variables| self.environment.get_template(NAME)?.render(variables));
        let missing = missing.into_iter().find(|name| !self.optional.iter().any(|optional| **optional == **name));
        match (result, missing) {
            (_, Some(name)) => Err(RenderError::Missing(name)),
            (Ok(text), None) => Ok(text),
            (Err(error), None) if error.kind() == ErrorKind::UndefinedError => {
                Err(RenderError::Missing(error.detail().unwrap_or("a part of the text").to_owned()))
            }
            (Err(error), None) => Err(RenderError::Expression(message(&error))),
        }
    }
}

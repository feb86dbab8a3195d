//! Compiles one text: cuts it at its placeholders, compiles each, and finds what they mention.

use std::collections::HashSet;

use minijinja::Error;

use super::analysis::{Analysis, Path, analyse};
use super::compiler::Compiler;
use super::environment::{FILTERS, FUNCTIONS, TESTS, environment, is_global};
use super::expression::{Computed, Expression, Lookup};
use super::fake_data::METHODS;
use super::names::{NameUse, Uses};
use super::regions::{Kind, Region, regions};
use super::statements::Statements;
use super::text::Segment;
use crate::plan::source_error::SourceError;
use crate::plan::suggest::did_you_mean;

impl Compiler {
    /// The parts of a text, and the names it uses.
    pub(super) fn segments(&self, source: &str) -> Result<(Vec<Segment>, Uses), SourceError> {
        let regions = regions(source)?;
        let plain = regions.iter().all(|region| matches!(region.kind, Kind::Text | Kind::Hole) && !region.trims);
        if plain { self.plain(&regions) } else { self.statements(source, &regions) }
    }

    fn plain(&self, regions: &[Region<'_>]) -> Result<(Vec<Segment>, Uses), SourceError> {
        let (mut segments, mut uses) = (Vec::new(), Uses::default());
        for region in regions {
            if region.kind == Kind::Text {
                segments.push(Segment::Static(region.inner.into()));
                continue;
            }
            let analysis = analyse(region.inner, region.offset);
            let compiled = environment().compile_expression_owned(region.inner.trim().to_owned());
            let lead = region.inner.len() - region.inner.trim_start().len();
            let compiled = compiled.map_err(|error| syntax_error(&error, region.offset + lead, region))?;
            self.check(&analysis, None)?;
            uses.append(used(&analysis, None));
            let variable = analysis.paths.first().filter(|_| analysis.is_path).and_then(|path| self.lookup(path));
            let expression = variable.map(Expression::Variable).unwrap_or_else(|| {
                let required = analysis.paths.iter().filter(|path| !path.optional).filter_map(|path| self.lookup(path)).collect();
                Expression::Computed(Box::new(Computed {
                    env: self.env.clone(),
                    compiled,
                    source: region.inner.trim().into(),
                    required,
                    optional: optional(&[&analysis]),
                    branches: analysis.branches,
                }))
            });
            segments.push(Segment::Expression(expression));
        }
        Ok((segments, uses))
    }

    fn statements(&self, source: &str, regions: &[Region<'_>]) -> Result<(Vec<Segment>, Uses), SourceError> {
        let mut statements = Statements::new(source, self.env.clone()).map_err(|error| {
            let whole = Region { kind: Kind::Text, inner: source, offset: 0, trims: false };
            syntax_error(&error, 0, &whole)
        })?;
        let free = statements.names();
        let mut uses = Uses::default();
        let mut all = Vec::new();
        for region in regions.iter().filter(|region| matches!(region.kind, Kind::Hole | Kind::Statement)) {
            refuse_other_templates(region)?;
            let analysis = analyse(region.inner, region.offset);
            self.check(&analysis, Some(&free))?;
            uses.append(used(&analysis, Some(&free)));
            all.push(analysis);
        }
        statements.allow_missing(optional(&all.iter().collect::<Vec<_>>()));
        Ok((vec![Segment::Statements(Box::new(statements))], uses))
    }

    /// Reports functions, filters and tests that don't exist. `free`: the names that statements leave without a value.
    fn check(&self, analysis: &Analysis<'_>, free: Option<&HashSet<String>>) -> Result<(), SourceError> {
        let is_free = |name: &str| free.is_none_or(|free| free.contains(name));
        for (name, offset) in &analysis.functions {
            if is_free(name) && !FUNCTIONS.contains(name) && self.slots.find(name).is_none() {
                return Err(unknown("function", name, *offset, FUNCTIONS));
            }
        }
        for path in &analysis.paths {
            if is_free(path.root) && FUNCTIONS.contains(&path.root) && self.slots.find(path.root).is_none() {
                let name = path.root;
                let error = SourceError::new(format!("`{name}` is a function")).at(path.offset, name.len());
                return Err(error.help(format!("call it: `{name}(..)`")));
            }
        }
        // What is read in another way is not known by its name, and so would not be masked.
        if let Some(path) = analysis.paths.iter().find(|path| path.root == "env" && path.attributes.is_empty() && is_free(path.root)) {
            let error = SourceError::new("`env` is read by the name of a variable").at(path.offset, path.root.len());
            return Err(error.help("write `env.NAME`"));
        }
        for (name, offset) in &analysis.fakes {
            if !METHODS.contains(name) {
                let error = SourceError::new(format!("`fake` has no `{name}`")).at(*offset, name.len());
                return Err(match did_you_mean(name, METHODS) {
                    Some(help) => error.help(help),
                    None => error.help(format!("it has {}", METHODS.join(", "))),
                });
            }
        }
        for (name, offset) in &analysis.filters {
            if !FILTERS.contains(name) {
                return Err(unknown("filter", name, *offset, FILTERS));
            }
        }
        for (name, offset) in &analysis.tests {
            if !TESTS.contains(name) {
                return Err(unknown("test", name, *offset, TESTS));
            }
        }
        Ok(())
    }

    fn lookup(&self, path: &Path<'_>) -> Option<Lookup> {
        self.slots.find(path.root).filter(|_| !is_global(path.root)).map(|slot| Lookup::new(slot, path))
    }
}

/// The variables and names of `env` among what an expression mentions.
fn used(analysis: &Analysis<'_>, free: Option<&HashSet<String>>) -> Uses {
    let mut uses = Uses::default();
    for path in &analysis.paths {
        let mut attributes: Vec<String> = path.attributes.iter().map(|attribute| (*attribute).to_owned()).collect();
        let (pointer, offset, optional) = (String::new(), path.offset, path.optional);
        if path.root == "env" {
            if !attributes.is_empty() {
                let name = attributes.remove(0);
                uses.env.push(NameUse { name, attributes, pointer, offset: offset + "env.".len(), optional });
            }
        } else if !is_global(path.root) && free.is_none_or(|free| free.contains(path.root)) {
            uses.names.push(NameUse { name: path.root.to_owned(), attributes, pointer, offset, optional });
        }
    }
    uses
}

fn optional(analyses: &[&Analysis<'_>]) -> Box<[Box<str>]> {
    let paths = analyses.iter().flat_map(|analysis| &analysis.paths).filter(|path| path.optional);
    paths
        .map(|path| match (path.root, path.attributes.first()) {
            ("env", Some(name)) => format!("env.{name}").into(),
            (root, _) => Box::from(root),
        })
        .collect()
}

fn unknown<'a>(what: &str, name: &str, offset: usize, known: impl IntoIterator<Item = &'a str>) -> SourceError {
    let error = SourceError::new(format!("unknown {what} `{name}`")).at(offset, name.len());
    match did_you_mean(name, known) {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Texts stand alone: there is nothing to include.
fn refuse_other_templates(region: &Region<'_>) -> Result<(), SourceError> {
    let word = region.inner.split_whitespace().next().unwrap_or_default();
    if region.kind == Kind::Statement && ["include", "import", "from", "extends", "block"].contains(&word) {
        let lead = region.inner.len() - region.inner.trim_start().len();
        return Err(SourceError::new(format!("`{word}` has no other template to work with")).at(region.offset + lead, word.len()));
    }
    Ok(())
}

fn syntax_error(error: &Error, base: usize, region: &Region<'_>) -> SourceError {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let end = region.offset + region.inner.len();
    let (start, length) = match error.range() {
        Some(range) => ((base + range.start).min(end), range.len()),
        None => (region.offset, region.inner.len()),
    };
    let reported = SourceError::new(detail).at(start, length.min(end - start).max(1));
    if region.inner.trim().is_empty() { reported.help("write a name or an expression between `{{` and `}}`") } else { reported }
}

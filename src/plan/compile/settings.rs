//! What requests inherit: from the scenario to the class to the step.

use crate::config::yaml::Span;
use crate::config::{AuthConfig, ClassConfig, Map, SectionsConfig, Spanned, StepKeys, Text};
use crate::units::Micros;

/// Settings of a request that are not written on it.
#[derive(Debug, Clone)]
pub(super) struct Settings<'s> {
    pub(super) timeout: Micros,
    /// `--timeout` was given: it wins over whatever is written.
    is_timeout_given: bool,
    pub(super) redirects: u8,
    pub(super) cookies: bool,
    pub(super) decompress: bool,
    /// Headers and credentials of the class.
    pub(super) headers: Option<&'s Map<Text>>,
    pub(super) auth: Option<&'s AuthConfig>,
}

impl<'s> Settings<'s> {
    /// What holds where nothing else is said.
    pub(super) fn of_scenario(sections: &SectionsConfig) -> Self {
        Self {
            timeout: sections.timeout.as_ref().map_or(Micros::from_secs(30), |timeout| timeout.value),
            is_timeout_given: sections.timeout.as_ref().is_some_and(|timeout| timeout.span == Span::OUTSIDE),
            redirects: sections.redirects.as_ref().map_or(10, |most| small(most.0)),
            cookies: value(sections.cookies.as_ref()).unwrap_or(true),
            decompress: value(sections.decompress.as_ref()).unwrap_or(true),
            headers: None,
            auth: None,
        }
    }

    /// What holds in a class.
    pub(super) fn of_class(self, class: &'s ClassConfig) -> Self {
        Self {
            timeout: self.timeout(class.timeout.as_ref()),
            is_timeout_given: self.is_timeout_given,
            redirects: class.redirects.as_ref().map_or(self.redirects, |most| small(most.0)),
            cookies: value(class.cookies.as_ref()).unwrap_or(self.cookies),
            decompress: value(class.decompress.as_ref()).unwrap_or(self.decompress),
            headers: class.headers.as_ref().map(|headers| &headers.value),
            auth: class.auth.as_ref().map(|auth| &auth.value),
        }
    }

    /// What holds for a step; its headers and credentials are its own affair.
    pub(super) fn of_step(&self, keys: &StepKeys) -> Self {
        Self {
            timeout: self.timeout(keys.timeout.as_ref()),
            redirects: keys.redirects.as_ref().map_or(self.redirects, |most| small(most.0)),
            cookies: value(keys.cookies.as_ref()).unwrap_or(self.cookies),
            decompress: value(keys.decompress.as_ref()).unwrap_or(self.decompress),
            ..self.clone()
        }
    }

    fn timeout(&self, written: Option<&Spanned<Micros>>) -> Micros {
        written.filter(|_| !self.is_timeout_given).map_or(self.timeout, |timeout| timeout.value)
    }
}

fn small(number: u64) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn value(written: Option<&Spanned<bool>>) -> Option<bool> {
    written.map(|value| value.value)
}

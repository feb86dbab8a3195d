//! Why a template can't be rendered.

/// Says why a template can't be rendered now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It needs a variable that no capture filled.
    #[error("`{0}` has no value")]
    Missing(String),
    /// The expression itself failed.
    #[error("{0}")]
    Expression(String),
}

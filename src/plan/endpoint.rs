//! Endpoints: what results are grouped by.

/// The index of an endpoint in [`crate::plan::Plan::endpoints`]; recorders are arrays over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub u32);

/// One endpoint of one user class: the same request in two classes is two endpoints with one name.
#[derive(Debug, Clone)]
pub struct EndpointPlan {
    /// `METHOD path` as written in the scenario, or the step's `name`.
    pub name: String,
    /// The HTTP method, upper case.
    pub method: String,
    /// Index of the user class in [`crate::plan::Plan::classes`].
    pub class: usize,
    /// Tags of the step, in the order written; a threshold scope can name one.
    pub tags: Vec<String>,
}

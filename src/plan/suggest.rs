//! Did you mean?

use crate::text::suggest;

/// `did you mean `x`?`, where there is a candidate near enough.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

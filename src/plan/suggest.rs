//! Did you mean?

/// The candidate that `name` was probably meant to be: at most a third of its letters (and at least one) may differ.
/// Of equally near ones the first that begins with the same letter.
pub(super) fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let budget = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= budget)
        .min_by_key(|(distance, candidate)| (*distance, candidate.chars().next() != name.chars().next()))
        .map(|(_, candidate)| candidate)
}

/// `did you mean `x`?`, where there is a candidate near enough.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let candidates = ["random_int", "random_float", "uuid"];
        assert_eq!(closest("randomint", candidates), Some("random_int"));
        assert_eq!(closest("UUID", candidates), Some("uuid"));
        assert_eq!(closest("uudi", candidates), Some("uuid"));
        assert_eq!(closest("token", candidates), None);
        assert_eq!(closest("mn", ["in", "min"]), Some("min"));
        assert_eq!(did_you_mean("random_floa", candidates).as_deref(), Some("did you mean `random_float`?"));
    }
}

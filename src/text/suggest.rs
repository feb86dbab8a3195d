//! Did you mean?

/// The candidate that was probably meant by `word`: the most similar one, where it is similar enough that a person
/// would see the slip. Ignores case, and reads `-` as `_`; the first of equally similar candidates wins.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let same = |text: &str| text.to_lowercase().replace('-', "_");
    let word = same(word);
    let mut best: Option<(&str, f64)> = None;
    for candidate in candidates {
        let other = same(candidate);
        // Swapped neighbours count as one slip; a short word may be one slip off, a long one three.
        let slips = strsim::damerau_levenshtein(&word, &other);
        let allowed = match word.chars().count().max(other.chars().count()) {
            0..=2 => 0,
            3..=5 => 1,
            6..=9 => 2,
            _ => 3,
        };
        let prefix = word.len() >= 3 && (other.starts_with(&word) || word.starts_with(&other) && other.len() >= 3);
        if slips > allowed && !prefix {
            continue;
        }
        let score = strsim::jaro_winkler(&word, &other);
        if best.is_none_or(|(_, high)| score > high) {
            best = Some((candidate, score));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 8] = ["users", "spawn_rate", "duration", "iterations", "warmup", "stages", "rate", "max_users"];

    #[test]
    fn slips_are_seen() {
        for (word, meant) in [
            ("user", "users"),
            ("Users", "users"),
            ("usres", "users"),
            ("spawn-rate", "spawn_rate"),
            ("spawnrate", "spawn_rate"),
            ("durration", "duration"),
            ("iteration", "iterations"),
            ("warm_up", "warmup"),
            ("rat", "rate"),
        ] {
            assert_eq!(suggest(word, KEYS), Some(meant), "{word}");
        }
    }

    #[test]
    fn other_words_suggest_nothing() {
        for word in ["", "x", "concurrency", "banana", "target"] {
            assert_eq!(suggest(word, KEYS), None, "{word}");
        }
    }
}

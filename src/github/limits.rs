//! When GitHub asks to wait, and how long.

use std::time::Duration;

use http::HeaderMap;

/// GitHub's advice where an answer says neither when to come back nor when the limit ends.
const UNSAID: Duration = Duration::from_secs(60);

/// How long to wait before the same request may be sent again; none where the answer speaks of no limit.
///
/// `retry-after` first, then `x-ratelimit-reset` where nothing remains, then a minute. `now` is in Unix seconds.
/// Source: GitHub's "Best practices for using the REST API".
pub(super) fn wait_for(status: u16, headers: &HeaderMap, message: &str, now: i64) -> Option<Duration> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let seconds = |seconds: i64| Duration::from_secs(seconds.max(1).unsigned_abs());
    if let Some(after) = number("retry-after") {
        return Some(seconds(after));
    }
    if number("x-ratelimit-remaining") == Some(0) {
        return Some(number("x-ratelimit-reset").map_or(UNSAID, |reset| seconds(reset.saturating_sub(now))));
    }
    (status == 429 || message.to_ascii_lowercase().contains("rate limit")).then_some(UNSAID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn seconds(status: u16, lines: &[(&'static str, &str)], message: &str) -> Option<u64> {
        wait_for(status, &headers(lines), message, 1_000).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_answer_says_how_long() {
        let exhausted = ("x-ratelimit-remaining", "0");
        assert_eq!(seconds(403, &[("retry-after", "17"), exhausted, ("x-ratelimit-reset", "1900")], ""), Some(17));
        assert_eq!(seconds(429, &[exhausted, ("x-ratelimit-reset", "1042")], ""), Some(42));
        assert_eq!(seconds(403, &[exhausted, ("x-ratelimit-reset", "900")], ""), Some(1));
        assert_eq!(seconds(403, &[exhausted], ""), Some(60));
        assert_eq!(seconds(403, &[], "You have exceeded a secondary rate limit."), Some(60));
        assert_eq!(seconds(429, &[], ""), Some(60));
        assert_eq!(seconds(429, &[("retry-after", "-5")], ""), Some(1));
    }

    #[test]
    fn what_is_forbidden_is_not_waited_for() {
        assert_eq!(seconds(403, &[("x-ratelimit-remaining", "4999")], "Resource not accessible by integration"), None);
        assert_eq!(seconds(200, &[("retry-after", "5")], ""), None);
        assert_eq!(seconds(503, &[("retry-after", "5")], ""), None);
    }
}

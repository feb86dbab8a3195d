//! A load in a few words.

use crate::metrics::Counters;
use crate::plan::{ClosedLoad, HttpPlan, HttpVersion, LoadPlan, OpenLoad, Population, RateShape, Stage, Target};
use crate::units::{Micros, Rate};

/// The load in a few words: `500 users (10/s) for 5m`, `rate 10/s for 2m`, `capacity from 50/s to 20000/s`.
pub fn load(plan: &LoadPlan) -> String {
    match plan {
        LoadPlan::Closed(closed) => self::closed(closed),
        LoadPlan::Open(open) => self::open(open),
        LoadPlan::Capacity(capacity) => format!("capacity from {} to {}, {} each", capacity.from, capacity.to, capacity.hold),
    }
}

/// What of the connections is not as usual, in a few words; none where everything is. What the server agreed to is known from what
/// was sent.
pub(super) fn connections(http: &HttpPlan, target: &Target, counters: &Counters) -> Option<String> {
    let version = match http.version {
        HttpVersion::Auto if counters.http2 == 0 => None,
        HttpVersion::Auto if counters.http2 < counters.sent() => Some("HTTP/2 for some requests".to_owned()),
        HttpVersion::Auto => Some("HTTP/2".to_owned()),
        HttpVersion::Http1 => Some("HTTP/1.1".to_owned()),
        HttpVersion::Http2 => Some("HTTP/2".to_owned()),
    };
    let shared = http.connections.map(|connections| match connections {
        1 => "1 shared connection".to_owned(),
        connections => format!("{connections} shared connections"),
    });
    let words = [
        version,
        shared,
        (!http.keep_alive).then(|| "a connection for each request".to_owned()),
        http.proxies.between(target).map(|proxy| format!("through the proxy {proxy}")),
        (target.tls && !http.tls.verify).then(|| "certificates not verified".to_owned()),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn closed(closed: &ClosedLoad) -> String {
    let mut text = match &closed.population {
        Population::Constant { users, spawn_rate } => {
            let noun = if *users == 1 { "user" } else { "users" };
            let rate = spawn_rate.map(|rate| format!(" ({rate})")).unwrap_or_default();
            format!("{users} {noun}{rate}")
        }
        Population::Stages { start, stages } => format!("{} users in {}", levels(*start, stages), staged(stages)),
    };
    if let Some(duration) = closed.duration {
        text += &format!(" for {duration}");
    }
    if let Some(iterations) = closed.iterations {
        text += &format!(", {}", counted(iterations));
    }
    text + &warmup(closed.warmup)
}

fn open(open: &OpenLoad) -> String {
    let mut text = match &open.rate {
        RateShape::Constant(rate) => format!("rate {rate}"),
        RateShape::Stages { start, stages } => format!("rate {}/s in {}", levels(*start, stages), staged(stages)),
    };
    if let Some(duration) = open.duration {
        text += &format!(" for {duration}");
    }
    if let Some(iterations) = open.iterations {
        text += &format!(", {}", counted(iterations));
    }
    text + &warmup(open.warmup)
}

fn counted(iterations: u64) -> String {
    if iterations == 1 { "1 iteration".to_owned() } else { format!("{iterations} iterations") }
}

fn levels(start: f64, stages: &[Stage]) -> String {
    let number = |level: f64| Rate(level).to_string().trim_end_matches("/s").to_owned();
    std::iter::once(start).chain(stages.iter().map(|stage| stage.level)).map(number).collect::<Vec<_>>().join(" → ")
}

fn staged(stages: &[Stage]) -> Micros {
    stages.iter().fold(Micros::ZERO, |sum, stage| sum + stage.duration)
}

fn warmup(warmup: Micros) -> String {
    if warmup == Micros::ZERO { String::new() } else { format!(" after {warmup} of warm-up") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ArrivalKind, Proxy, ProxyPlan};

    #[test]
    fn connections_are_told_where_they_are_not_as_usual() {
        let target = Target::parse("https://shop.test").unwrap();
        let mut http = HttpPlan::default();
        assert_eq!(connections(&http, &target, &Counters::default()), None);
        for (http2, told) in [(0, None), (3, Some("HTTP/2 for some requests")), (5, Some("HTTP/2"))] {
            let counters = Counters { sent_load: 3, sent_warmup: 1, sent_redirects: 1, http2, ..Counters::default() };
            assert_eq!(connections(&http, &target, &counters).as_deref(), told);
        }
        let proxy = Proxy::parse("http://joe:pw@proxy.test:3128").unwrap();
        http.proxies = ProxyPlan { https: Some(proxy), ..ProxyPlan::default() };
        (http.version, http.connections, http.tls.verify) = (HttpVersion::Http2, Some(1), false);
        let told = "HTTP/2, 1 shared connection, through the proxy http://proxy.test:3128, certificates not verified";
        assert_eq!(connections(&http, &target, &Counters::default()).as_deref(), Some(told));
        let here = Target::parse("http://127.0.0.1").unwrap();
        let kept_no_longer = HttpPlan { keep_alive: false, ..HttpPlan::default() };
        assert_eq!(connections(&kept_no_longer, &here, &Counters::default()).as_deref(), Some("a connection for each request"));
    }

    #[test]
    fn loads_are_told_in_a_few_words() {
        let mut closed = ClosedLoad {
            population: Population::Constant { users: 500, spawn_rate: Some(Rate(10.0)) },
            duration: Some(Micros::from_secs(300)),
            iterations: None,
            warmup: Micros::from_secs(5),
            graceful_stop: Micros::ZERO,
        };
        assert_eq!(load(&LoadPlan::Closed(closed.clone())), "500 users (10/s) for 5m after 5s of warm-up");
        let stages = vec![Stage { duration: Micros::from_secs(30), level: 100.0 }, Stage { duration: Micros::from_secs(5), level: 1000.0 }];
        closed.population = Population::Stages { start: 0.0, stages: stages.clone() };
        (closed.duration, closed.warmup) = (None, Micros::ZERO);
        assert_eq!(load(&LoadPlan::Closed(closed)), "0 → 100 → 1000 users in 35s");
        let open = OpenLoad {
            rate: RateShape::Constant(Rate(2.5)),
            arrivals: ArrivalKind::Poisson,
            duration: Some(Micros::from_secs(120)),
            iterations: Some(100),
            max_users: 10,
            max_wait: Micros::ZERO,
            warmup: Micros::ZERO,
            graceful_stop: Micros::ZERO,
        };
        assert_eq!(load(&LoadPlan::Open(open)), "rate 2.5/s for 2m, 100 iterations");
    }
}

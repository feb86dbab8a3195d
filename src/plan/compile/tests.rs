//! Scenarios and the plans they make.

use std::path::Path;

use super::{CompileOptions, Loaded, UrlRun, from_text, from_url, load};
use crate::config::{Base, Overrides, ProcessEnv};
use crate::plan::*;
use crate::text::{Diagnostic, render};
use crate::units::{Micros, Rate};

const SHOP: &str = "
target: http://127.0.0.1:8000
users:
  reader: { tasks: [{ get: /products/ }] }
load: { users: 2, duration: 10s }
";

fn make(text: &str, overrides: &Overrides, environment: &[(&str, &str)]) -> Result<Loaded, Vec<Diagnostic>> {
    let process: ProcessEnv = environment.iter().copied().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scenarios");
    from_text("a.yml", text, &folder, overrides, &process, CompileOptions { strict_env: true })
}

fn plan(text: &str) -> Plan {
    plan_with(text, &Overrides::default(), &[])
}

fn plan_with(text: &str, overrides: &Overrides, environment: &[(&str, &str)]) -> Plan {
    make(text, overrides, environment).unwrap_or_else(|problems| panic!("{}", render(&problems))).plan
}

fn problems(text: &str, overrides: &Overrides) -> String {
    render(&make(text, overrides, &[]).expect_err("it is wrong"))
}

fn example(name: &str, overrides: &Overrides) -> Plan {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios").join(name);
    let process = [("JWT_SECRET", "s3cret-of-a-test")].into_iter().collect();
    load(&file, overrides, &process, CompileOptions { strict_env: true }).unwrap_or_else(|problems| panic!("{}", render(&problems))).plan
}

fn requests(program: &Program) -> Vec<&RequestPlan> {
    program.steps.iter().filter_map(|step| if let Step::Request(request) = step { Some(&**request) } else { None }).collect()
}

#[test]
fn the_examples_make_plans() {
    for name in ["capacity", "courses", "platform", "race", "recommendations", "shop", "students"] {
        let plan = example(&format!("{name}.yml"), &Overrides::default());
        assert_eq!(plan.name, name);
        assert_eq!(plan.digest.len(), 64);
    }
}

#[test]
fn the_shop_is_what_it_says() {
    let plan = example("shop.yml", &Overrides::default());
    assert_eq!((plan.profile.as_deref(), plan.target.as_str()), (Some("quick"), "http://127.0.0.1:8000"));
    let names: Vec<&str> = plan.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(names, ["GET /products/", "GET /health", "POST /orders/", "POST /orders/{id}/pay"]);
    let LoadPlan::Closed(load) = &plan.load else { panic!("{:?}", plan.load) };
    assert_eq!(load.population, Population::Constant { users: 10, spawn_rate: Some(Rate(2.0)) });
    assert_eq!((load.duration, load.iterations, load.graceful_stop), (Some(Micros::from_secs(120)), None, Micros::from_secs(30)));
    let class = &plan.classes[0];
    assert_eq!(class.think_time, ThinkTime::Uniform(Micros::from_millis(500), Micros::from_secs(2)));
    assert_eq!(
        class.tasks.iter().map(|task| (task.name.as_str(), task.weight)).collect::<Vec<_>>(),
        [("GET /products/", 5.0), ("GET /health", 1.0), ("buy", 3.0)]
    );
    assert!(matches!(plan.setup.steps[..], [Step::Repeat { count: 20, length: 1, concurrency: 1 }, Step::Request(_)]));
    let Step::Request(seeding) = &plan.setup.steps[1] else { unreachable!() };
    assert!(seeding.captures[0].collects && plan.slots.name(seeding.captures[0].slot) == "products");
    assert!(matches!(class.tasks[2].program.steps[..], [Step::Request(_), Step::Think(_), Step::Request(_)]));
    assert_eq!(plan.thresholds.len(), 3);
    assert_eq!(plan.thresholds[0].place.as_ref().map(|place| (place.1, place.2)), Some((38, 9)));
}

#[test]
fn unique_feeds_belong_to_users_and_others_to_iterations() {
    let plan = example("platform.yml", &Overrides::default());
    // Every class names the accounts: in its headers or in a task.
    assert!(plan.classes.iter().all(|class| class.unique_feeds == [0] && class.tasks.iter().all(|task| task.feeds.is_empty())));
    let plan = example("recommendations.yml", &Overrides::default());
    assert_eq!((plan.classes[0].unique_feeds.as_slice(), plan.classes[0].tasks[0].feeds.as_slice()), (&[][..], &[0][..]));
}

#[test]
fn only_leaves_the_other_classes_and_their_thresholds_out() {
    let plan = example("platform.yml", &Overrides { profile: Some("generation-rate".to_owned()), ..Overrides::default() });
    assert_eq!(plan.classes.iter().map(|class| class.active).collect::<Vec<_>>(), [false, true, false]);
    let applicable: Vec<bool> = plan.thresholds.iter().map(|threshold| threshold.applicable).collect();
    assert_eq!(applicable, [false, false, false, true, true, true, true, false, false, false, true]);
    assert!(matches!(&plan.load, LoadPlan::Open(load) if load.rate == RateShape::Constant(Rate(10.0)) && load.max_users == 1000));
}

#[test]
fn requests_inherit_from_class_and_scenario_and_may_differ() {
    let plan = plan(
        "
target: http://127.0.0.1:8000
timeout: 5s
cookies: false
users:
  a:
    redirects: 2
    headers: { X-A: class, x-b: class }
    auth: { basic: { username: joe, password: s3cret } }
    tags: reads
    tasks:
      - get: /1
      - { get: /2, timeout: 1s, redirects: 0, cookies: true, decompress: false, headers: { x-a: step }, auth: { bearer: abc }, tags: [slow] }
load: { users: 1, iterations: 1 }
thresholds: { slow: [p95 < 1s], reads: p95 < 2s }
",
    );
    let of = |task: usize| requests(&plan.classes[0].tasks[task].program)[0];
    let (first, second) = (of(0), of(1));
    assert_eq!((first.timeout, first.redirects, first.cookies, first.decompress), (Micros::from_secs(5), 2, false, true));
    assert_eq!((second.timeout, second.redirects, second.cookies, second.decompress), (Micros::from_secs(1), 0, true, false));
    let headers = |request: &RequestPlan| -> Vec<String> {
        request.headers.iter().map(|(name, value)| format!("{name}: {}", value.as_static().unwrap())).collect()
    };
    assert_eq!(headers(first), ["x-a: class", "x-b: class", "authorization: Basic am9lOnMzY3JldA=="]);
    assert_eq!(headers(second), ["x-a: step", "x-b: class", "authorization: Bearer abc"]);
    assert_eq!(plan.endpoints[1].tags, ["reads", "slow"]);
    assert_eq!(plan.thresholds[0].scope, ThresholdScope::Tag("slow".to_owned()));
    for secret in ["s3cret", "am9lOnMzY3JldA==", "abc"] {
        assert!(plan.secrets.iter().any(|known| known == secret), "{secret}");
    }
}

#[test]
fn the_option_for_the_time_limit_wins_over_all_that_is_written() {
    let text = "
target: http://127.0.0.1:8000
timeout: 5s
setup: [{ get: /0, timeout: 4s }]
users: { a: { timeout: 3s, tasks: [{ get: /1 }, { get: /2, timeout: 2s }] } }
load: { users: 1, iterations: 1 }
";
    let timeouts = |overrides: &Overrides| {
        let plan = plan_with(text, overrides, &[]);
        let tasks = plan.classes[0].tasks.iter().map(|task| &task.program);
        std::iter::once(&plan.setup).chain(tasks).map(|program| requests(program)[0].timeout.0 / 1_000_000).collect::<Vec<_>>()
    };
    assert_eq!(timeouts(&Overrides::default()), [4, 3, 2]);
    assert_eq!(timeouts(&Overrides { timeout: Some(Micros::from_secs(9)), ..Overrides::default() }), [9, 9, 9]);
}

#[test]
fn options_are_held_to_the_bounds_of_what_they_replace() {
    let cases = [
        (Overrides { users: Some(0), ..Overrides::default() }, "`--users` must be a whole number from 1 to 1000000"),
        (Overrides { users: Some(1_000_001), ..Overrides::default() }, "`--users` must be a whole number from 1 to 1000000"),
        (Overrides { iterations: Some(0), ..Overrides::default() }, "`--iterations` must be a whole number above zero such as `10`"),
        (
            Overrides { rate: Some(Rate(1.0)), max_users: Some(0), ..Overrides::default() },
            "`--max-users` must be a whole number from 1 to 1000000",
        ),
        (Overrides { timeout: Some(Micros::ZERO), ..Overrides::default() }, "`--timeout` must be above zero\nhelp: write `--timeout 30s`"),
    ];
    for (overrides, said) in cases {
        assert_eq!(problems(SHOP, &overrides).trim_end(), format!("error: {}", said));
    }
}

#[test]
fn options_replace_values_within_the_model() {
    let users = |users| Overrides { users: Some(users), ..Overrides::default() };
    let LoadPlan::Closed(load) = plan_with(SHOP, &users(7), &[]).load else { unreachable!() };
    assert_eq!((load.population, load.duration), (Population::Constant { users: 7, spawn_rate: None }, Some(Micros::from_secs(10))));

    let bounds = Overrides { iterations: Some(20), duration: Some(Micros::from_secs(3)), ..Overrides::default() };
    let LoadPlan::Closed(load) = plan_with(SHOP, &bounds, &[]).load else { unreachable!() };
    assert_eq!((load.iterations, load.duration), (Some(20), Some(Micros::from_secs(3))));

    let rate = Overrides { rate: Some(Rate(50.0)), max_users: Some(9), ..Overrides::default() };
    let LoadPlan::Open(load) = plan_with(SHOP, &rate, &[]).load else { unreachable!() };
    assert_eq!((load.rate, load.max_users, load.duration), (RateShape::Constant(Rate(50.0)), 9, Some(Micros::from_secs(10))));

    let without = SHOP.replace("load: { users: 2, duration: 10s }", "");
    let LoadPlan::Closed(load) = plan_with(&without, &Overrides { users: Some(3), ..bounds }, &[]).load else { unreachable!() };
    assert_eq!(load.population, Population::Constant { users: 3, spawn_rate: None });
    let endless = SHOP.replace(", duration: 10s", "");
    assert_eq!(plan_with(&endless, &Overrides { duration: Some(Micros::from_secs(1)), ..Overrides::default() }, &[]).classes.len(), 1);
}

#[test]
fn a_threshold_of_the_command_line_may_name_its_scope() {
    let thresholds = ["p95 < 1s", "reader: error_rate < 1%", "GET /products/: p99 < 2s"].map(str::to_owned).to_vec();
    let plan = plan_with(SHOP, &Overrides { thresholds, ..Overrides::default() }, &[]);
    let scopes: Vec<&ThresholdScope> = plan.thresholds.iter().map(|threshold| &threshold.scope).collect();
    assert_eq!(scopes, [&ThresholdScope::All, &ThresholdScope::Class(0), &ThresholdScope::Endpoint("GET /products/".to_owned())]);
    assert!(plan.thresholds.iter().all(|threshold| threshold.place.is_none()));
}

#[test]
fn more_seconds_than_a_request_may_take_are_doubted() {
    let said = |timeout: &str, expect: &str| {
        let text = format!(
            "{}timeout: {timeout}\nthresholds: {{ all: '{expect}' }}\n",
            SHOP.replace("{ get: /products/ }", "{ get: /products/, timeout: 40s }")
        );
        render(&make(&text, &Overrides::default(), &[]).unwrap().notes)
    };
    assert!(said("5s", "p95 < 500").starts_with("warning: `p95 < 500` is in seconds, and no request may take more than 40s\n"));
    assert!(said("5s", "wait_mean < 1_000").contains("did you mean `1_000ms`?"));
    for fine in ["p95 < 30", "p95 < 500ms", "p95 < 500s", "p(95)<50000", "requests > 500", "p95 < baseline * 500"] {
        assert_eq!(said("5s", fine), "", "{fine}");
    }
    let typed = Overrides { thresholds: vec!["p95 < 500".to_owned()], ..Overrides::default() };
    let notes = make(SHOP, &typed, &[]).unwrap().notes;
    assert_eq!(
        render(&notes).trim_end(),
        "warning: `p95 < 500` is in seconds, and no request may take more than 30s\nhelp: did you mean `500ms`?"
    );
}

#[test]
fn the_port_of_the_service_stays_for_later() {
    let text = |port: &str| {
        SHOP.replace("http://127.0.0.1:8000", "http://127.0.0.1:${PORT}")
            + &format!("service: {{ command: \"serve --port ${{PORT}}\", port: {port}, ready: {{ tcp: \"${{PORT}}\" }} }}\n")
    };
    // A port that happens to be in the environment is somebody else's.
    let plan = plan_with(&text("auto"), &Overrides::default(), &[("PORT", "3000")]);
    let service = plan.service.unwrap();
    assert_eq!((plan.target.as_str(), service.port), ("http://127.0.0.1:${PORT}", PortPlan::Auto));
    assert_eq!(service.command.as_deref(), Some("serve --port ${PORT}"));
    assert!(matches!(service.ready.unwrap().probe, ReadyProbe::Tcp(address) if address == "${PORT}"));

    let given = Overrides { vars: vec![("PORT".to_owned(), "4000".to_owned())], ..Overrides::default() };
    let plan = plan_with(&text("auto"), &given, &[]);
    assert_eq!((plan.target.as_str(), plan.service.unwrap().port), ("http://127.0.0.1:4000", PortPlan::Fixed(4000)));

    let plan = plan_with(&text("5000"), &Overrides::default(), &[("PORT", "3000")]);
    assert_eq!((plan.target.as_str(), plan.service.unwrap().port), ("http://127.0.0.1:5000", PortPlan::Fixed(5000)));

    let plan = plan_with(&SHOP.replace(":8000", ":${PORT}"), &Overrides::default(), &[("PORT", "3000")]);
    assert_eq!(plan.target, "http://127.0.0.1:3000");
}

#[test]
fn a_given_target_means_that_the_service_already_runs() {
    let text = SHOP.replace(":8000", ":${PORT}")
        + "service: { build: make, command: ./serve, stop: ./stop, port: auto, ready: { log: listening }, monitor: true }\n";
    let plan = plan_with(&text, &Overrides { target: Some("http://127.0.0.1:9".to_owned()), ..Overrides::default() }, &[]);
    let service = plan.service.unwrap();
    assert_eq!(plan.target, "http://127.0.0.1:9");
    assert!(service.command.is_none() && service.build.is_none() && service.stop.is_none() && service.ready.is_none() && service.monitor);
    assert_eq!(service.port, PortPlan::Unset);
}

#[test]
fn a_given_target_needs_nothing_that_starts_the_service() {
    let elsewhere = Overrides { target: Some("http://127.0.0.1:9".to_owned()), ..Overrides::default() };
    // What `loadline init` writes has `${PORT}` in its command.
    let plan = plan_with(include_str!("../../../templates/init/loadline.yml"), &elsewhere, &[]);
    let ready = plan.service.unwrap().ready.unwrap();
    assert!(matches!(&ready.probe, ReadyProbe::Get(path) if path == "/health"), "{ready:?}");
    assert_eq!((plan.target.as_str(), ready.within), ("http://127.0.0.1:9", Micros::from_secs(30)));

    let service = "service: { command: './serve ${UNSET}', build: 'make ${UNSET}', stop: '${UNSET}', folder: '${UNSET}', port: '${UNSET}', \
                   env: { KEY: '${UNSET}' }, ready: { tcp: '${UNSET}' } }\n";
    let plan = plan_with(&format!("{SHOP}{service}"), &elsewhere, &[]);
    assert!(plan.service.unwrap().ready.is_none());
    // What is still asked must be known, and without the option all of it.
    let asked = format!("{SHOP}{}", service.replace("{ tcp: '${UNSET}' }", "{ get: '/${UNSET}' }"));
    assert_eq!(problems(&asked, &elsewhere).matches("error: the variable `UNSET` is not set").count(), 1);
    assert_eq!(problems(&asked, &Overrides::default()).matches("error: the variable `UNSET` is not set").count(), 7);
}

#[test]
fn only_the_target_itself_is_asked_whether_it_is_ready_where_it_is_given() {
    let elsewhere = Overrides { target: Some("http://127.0.0.1:9".to_owned()), ..Overrides::default() };
    for (ready, is_asked) in [
        ("get: /health", true),
        ("get: 'http://127.0.0.1:8000/health'", false),
        ("get: 'http://127.0.0.1:${PORT}/health'", false),
        ("get: 'http://${UNSET}/health'", false),
        ("tcp: 8000", false),
        ("tcp: '127.0.0.1:${PORT}'", false),
    ] {
        let text = format!("{SHOP}service: {{ command: ./serve, port: auto, ready: {{ {ready} }} }}\n");
        assert_eq!(plan_with(&text, &elsewhere, &[]).service.unwrap().ready.is_some(), is_asked, "{ready}");
    }
    // A service that somebody else starts is awaited where the scenario says.
    let own = format!("{SHOP}service: {{ ready: {{ tcp: 8000 }} }}\n");
    assert!(plan(&own).service.unwrap().ready.is_some());
}

#[test]
fn an_environment_replaces_the_keys_it_names_whole() {
    let text = "
environment: ${WHERE:-local}
environments:
  local: { target: http://127.0.0.1:8000 }
  staging: { target: http://127.0.0.1:9000, load: { users: 1, iterations: 1 }, timeout: 1s }
timeout: 9s
users: { reader: { tasks: [{ get: / }] } }
load: { users: 5, spawn_rate: 1/s, duration: 10s }
";
    let local = plan(text);
    assert_eq!((local.environment.as_deref(), local.target.as_str()), (Some("local"), "http://127.0.0.1:8000"));
    let staging = plan_with(text, &Overrides::default(), &[("WHERE", "staging")]);
    assert_eq!(staging.environment.as_deref(), Some("staging"));
    assert_eq!(requests(&staging.classes[0].tasks[0].program)[0].timeout, Micros::from_secs(1));
    assert!(
        matches!(staging.load, LoadPlan::Closed(load) if load.population == Population::Constant { users: 1, spawn_rate: None } && load.duration.is_none())
    );
}

#[test]
fn the_digest_is_of_the_load_and_of_nothing_else() {
    let of = |text: &str| plan(text).digest;
    let base = of(SHOP);
    let same = [
        SHOP.replace("8000", "9000"),
        SHOP.replace("10s", "10000ms"),
        format!("name: other\nseed: 7\n{SHOP}"),
        format!("{SHOP}thresholds: {{ all: [p95 < 1s] }}\n"),
        format!("{SHOP}service: {{ command: ./serve, monitor: true }}\n"),
        format!("{SHOP}verify: [{{ get: / }}]\nteardown: [{{ get: / }}]\n"),
        format!("# a comment\n{SHOP}"),
        SHOP.replace("{ get: /products/ }", "{ weight: 1, get: /products/ }"),
    ];
    for text in same {
        assert_eq!(of(&text), base, "{text}");
    }
    let other = [
        SHOP.replace("users: 2", "users: 3"),
        SHOP.replace("/products/", "/products"),
        SHOP.replace("get: /products/", "get: /products/, check: { status: 200 }"),
        SHOP.replace("get: /products/", "get: /products/, headers: { accept: text/plain }"),
        format!("{SHOP}setup: [{{ get: / }}]\n"),
        format!("{SHOP}timeout: 1s\n"),
        SHOP.replace("users:\n  reader: {", "users:\n  reader: { think_time: 1s,"),
    ];
    for text in other {
        assert_ne!(of(&text), base, "{text}");
    }
}

#[test]
fn a_variable_that_changes_the_load_changes_the_digest_and_a_token_does_not() {
    let text = SHOP
        .replace("users: 2", "users: \"${USERS:-2}\"")
        .replace("get: /products/", "get: /products/, headers: { authorization: \"Bearer ${TOKEN:-a}\" }");
    let digest = |name: &str, value: &str| plan_with(&text, &Overrides::default(), &[(name, value)]).digest;
    assert_eq!(digest("TOKEN", "b"), digest("TOKEN", "c"));
    assert_eq!(digest("USERS", "2"), digest("TOKEN", "b"));
    assert_ne!(digest("USERS", "2"), digest("USERS", "3"));
}

#[test]
fn what_a_run_was_given_is_secret_unless_it_is_a_plain_setting() {
    let text = "
target: ${BASE_URL}
users:
  reader: { tasks: [{ get: \"/products/?key=${KEY}\", headers: { x-token: \"{{ env.TOKEN }}\" } }] }
load: { users: \"${USERS}\", duration: \"${TIME}\" }
thresholds: { all: \"p95 < ${LIMIT}\" }
";
    let vars = [
        ("BASE_URL", "http://joe:pa%20ss@127.0.0.1:8000"),
        ("KEY", "api-key"),
        ("USERS", "12345"),
        ("TIME", "10000s"),
        ("LIMIT", "1500ms"),
        ("UNUSED", "spare"),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let plan = plan_with(text, &Overrides { vars, ..Overrides::default() }, &[("TOKEN", "t0ken"), ("HOME", "/home/joe")]);
    let secrets = crate::text::Secrets::new(&plan.secrets);
    for hidden in ["api-key", "t0ken", "spare", "pa ss", "joe:pa%20ss"] {
        assert_eq!(secrets.mask(hidden), "***", "{hidden}");
    }
    for shown in ["12345", "10000s", "1500ms", "/home/joe", "http://127.0.0.1:8000"] {
        assert_eq!(secrets.mask(shown), shown);
    }
}

#[test]
fn names_that_the_file_has_as_they_are_are_known() {
    let profiles = "profile: ${WHICH}\nprofiles: { quick: { users: 2, duration: 10s } }";
    let text = SHOP.replace("load: { users: 2, duration: 10s }", profiles);
    let vars = vec![("PROJECT".to_owned(), "shop".to_owned()), ("WHICH".to_owned(), "quick".to_owned())];
    let names = |head: &str| plan_with(&format!("{head}{text}"), &Overrides { vars: vars.clone(), ..Overrides::default() }, &[]).names;
    assert_eq!(names("name: shop"), ["shop", "quick"]);
    assert_eq!(names("name: ${PROJECT}-api"), ["quick"]);
    assert_eq!(names("environment: local\nenvironments: { local: { timeout: 1s } }"), ["a", "quick", "local"]);
}

#[test]
fn messages_show_no_secrets() {
    let vars = vec![("TOKEN".to_owned(), "s3cret".to_owned())];
    let text = SHOP.replace("get: /products/", "get: \"${TOKEN}\"");
    let said = problems(&text, &Overrides { vars, ..Overrides::default() });
    assert!(said.contains("a path begins with `/`") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_seed_is_taken_from_the_option_then_the_file_then_chance() {
    let text = format!("seed: 7\n{SHOP}");
    assert_eq!(plan(&text).seed, 7);
    assert_eq!(plan_with(&text, &Overrides { seed: Some(8), ..Overrides::default() }, &[]).seed, 8);
    let seeds: std::collections::BTreeSet<u64> = (0..8).map(|_| plan(SHOP).seed).collect();
    assert!(seeds.len() > 1, "{seeds:?}");
}

#[test]
fn repeats_count_the_steps_they_speak_of() {
    let plan = plan(
        "
target: http://127.0.0.1:8000
users:
  a:
    tasks:
      - steps:
          - repeat: 3
            steps:
              - get: /1
              - { get: /2, repeat: 2 }
              - think: 1s
          - { think: { exponential: 1s }, repeat: 0 }
load: { users: 1, iterations: 1 }
",
    );
    let shape: Vec<String> = plan.classes[0].tasks[0]
        .program
        .steps
        .iter()
        .map(|step| match step {
            Step::Request(request) => request.name.clone(),
            Step::Think(_) => "think".to_owned(),
            Step::Barrier(_) => "barrier".to_owned(),
            Step::Repeat { count, length, .. } => format!("{count} x {length}"),
        })
        .collect();
    assert_eq!(shape, ["3 x 4", "GET /1", "2 x 1", "GET /2", "think", "0 x 1", "think"]);
}

#[test]
fn rows_of_a_unique_feed_are_counted_for_the_classes_that_name_it() {
    let text = |load: &str| {
        format!(
            "
target: http://127.0.0.1:8000
data: {{ user: {{ csv: ../data/users.csv, pick: unique }} }}
users:
  member: {{ weight: 1, tasks: [{{ get: \"/{{{{ user.email }}}}\" }}] }}
  guest: {{ weight: 3, tasks: [{{ get: / }}] }}
load: {load}
"
        )
    };
    // A quarter of twelve users are members, and there are three rows.
    assert_eq!(plan(&text("{ users: 12, duration: 1s }")).classes[0].unique_feeds, [0]);
    assert_eq!(plan(&text("{ users: 20, duration: 1s, only: guest }")).classes.len(), 2);
    assert!(problems(&text("{ users: 16, duration: 1s }"), &Overrides::default()).contains("has 3 rows, and up to 4 users want one each"));
    assert!(
        problems(&text("{ stages: [{ duration: 1s, users: 16 }, { duration: 1s, users: 1 }] }"), &Overrides::default())
            .contains("up to 4 users")
    );
    assert_eq!(plan(&text("{ rate: 1/s, duration: 1s, max_users: 3 }")).classes.len(), 2);
    assert!(problems(&text("{ rate: 1/s, duration: 1s }"), &Overrides::default()).contains("max_users: 3"));
}

#[test]
fn an_address_alone_makes_a_plan() {
    let run = UrlRun {
        url: "127.0.0.1:8000/recommendations/STU_001?a={{ random_int(1, 2) }}".to_owned(),
        iterations: Some(100),
        thresholds: vec!["p95 <= 1.5s".to_owned()],
        headers: vec![("X-A".to_owned(), "1".to_owned())],
        timeout: Some(Micros::from_secs(3)),
        ..UrlRun::default()
    };
    let plan = from_url(&run, &ProcessEnv::default()).unwrap().plan;
    assert_eq!(plan.endpoints[0].name, "GET /recommendations/STU_001?a={{ random_int(1, 2) }}");
    assert_eq!(plan.target, "http://127.0.0.1:8000");
    let LoadPlan::Closed(load) = plan.load else { unreachable!() };
    assert_eq!((load.population, load.iterations, load.duration), (Population::Constant { users: 10, spawn_rate: None }, Some(100), None));
    let request = requests(&plan.classes[0].tasks[0].program)[0];
    assert_eq!((request.timeout, request.headers.len()), (Micros::from_secs(3), 1));

    let bare = from_url(&UrlRun { url: "https://example.com".to_owned(), ..UrlRun::default() }, &ProcessEnv::default()).unwrap().plan;
    assert_eq!((bare.name.as_str(), bare.target.as_str()), ("GET /", "https://example.com"));
    assert!(matches!(bare.load, LoadPlan::Closed(load) if load.duration == Some(Micros::from_secs(10))));
}

#[test]
fn what_is_wrong_with_an_address_is_said() {
    let run = UrlRun {
        url: "ftp://example.com/".to_owned(),
        method: "FETCH".to_owned(),
        users: Some(1),
        rate: Some(Rate(1.0)),
        ..UrlRun::default()
    };
    let said = render(&from_url(&run, &ProcessEnv::default()).unwrap_err());
    assert!(said.contains("there is no method `FETCH`") && said.contains("`--users` and `--rate` exclude each other"), "{said}");
    let run = UrlRun { url: "ftp://example.com/".to_owned(), thresholds: vec!["p95 < fast".to_owned()], ..UrlRun::default() };
    let said = render(&from_url(&run, &ProcessEnv::default()).unwrap_err());
    assert!(said.contains("the scheme `ftp`") && said.contains("`p95` is a time"), "{said}");
    let run = UrlRun { url: "http://:s3cret@example.com:80000/".to_owned(), ..UrlRun::default() };
    let said = render(&from_url(&run, &ProcessEnv::default()).unwrap_err());
    assert!(said.contains("`http://***@example.com:80000/` can't be used: invalid port number"), "{said}");
}

#[test]
fn options_beside_an_address_are_held_to_the_bounds_of_their_keys() {
    let run = UrlRun {
        url: "127.0.0.1:8000".to_owned(),
        base: Some(Base { url: Some("127.0.0.1:8001".to_owned()), ..Base::default() }),
        budget: Some(Micros(1)),
        spawn_rate: Some(Rate(0.0)),
        ..UrlRun::default()
    };
    insta::assert_snapshot!(render(&from_url(&run, &ProcessEnv::default()).unwrap_err()), @r"
    error: `--spawn-rate` must be above zero
    help: give a rate such as `5/s`

    error: the budget is too short for paired mode
    help: give it at least 2s; 70s finds a change of 5 %
    ");
}

#[test]
fn check_warns_of_what_a_run_would_refuse() {
    let text = SHOP.replace("get: /products/", "get: \"/{{ env.TOKEN }}\"");
    let folder = Path::new("");
    let lenient = from_text("a.yml", &text, folder, &Overrides::default(), &ProcessEnv::default(), CompileOptions::default()).unwrap();
    assert_eq!(lenient.notes.len(), 1);
    assert!(render(&lenient.notes).starts_with("warning: `env.TOKEN` is not set"));
    assert!(problems(&text, &Overrides::default()).starts_with("error: `env.TOKEN` is not set"));
}

#[test]
fn what_is_known_at_the_end_only_aborts_nothing() {
    let search = "load: { capacity: { objective: [p95 < 1s], from: 10/s, to: 100/s } }\n";
    let users = "load: { users: 2, duration: 10s }\n";
    for (expect, load, what) in [("p95 < baseline * 1.1", users, "a baseline is read"), ("capacity > 10/s", search, "a capacity is known")]
    {
        let thresholds = format!("thresholds:\n  all: [{{ expect: {expect}, abort: true }}]\n");
        let found = problems(&format!("{}{thresholds}", SHOP.replace(users, load)), &Overrides::default());
        assert!(found.contains(&format!("this can't abort the run: {what} when it has ended")), "{found}");
    }
}

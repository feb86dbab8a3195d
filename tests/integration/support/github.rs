//! A stand-in for GitHub's API that keeps what it is given, and goes wrong where it is told to.
//!
//! Also compiled into the library's own tests. Knows one repository, `octocat/demo`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// GitHub's limit for the text of a comment, in characters.
const LONGEST_COMMENT: usize = 65_536;

/// A running stand-in; ends with the test.
pub(crate) struct FakeGitHub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    /// The stand-in ends when it is dropped.
    _alive: tokio::sync::oneshot::Sender<()>,
}

/// What it knows.
#[derive(Default)]
pub(crate) struct State {
    /// Of all issues and pull requests, oldest first.
    pub(crate) comments: Vec<Value>,
    pub(crate) statuses: Vec<Value>,
    pub(crate) checks: Vec<Value>,
    pub(crate) pulls: Vec<Value>,
    pub(crate) labels: Vec<String>,
    pub(crate) events: Vec<Value>,
    /// By login.
    pub(crate) permissions: HashMap<String, String>,
    pub(crate) refs: BTreeMap<String, String>,
    commits: HashMap<String, Value>,
    trees: HashMap<String, BTreeMap<String, String>>,
    /// Where two commits parted, whatever they are.
    pub(crate) merge_base: String,
    /// What goes wrong, once each.
    pub(crate) faults: Vec<Fault>,
    /// Method and path with query of every request.
    pub(crate) requests: Vec<String>,
    /// Nothing was ever pushed.
    pub(crate) is_empty: bool,
    /// Lists of more files than these are cut.
    pub(crate) truncate_above: Option<usize>,
}

/// An answer in place of the real one, to the next request that fits.
pub(crate) struct Fault {
    pub(crate) method: &'static str,
    /// Part of the path.
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) message: &'static str,
    /// Whether the request is carried out all the same, as when the answer alone got lost.
    pub(crate) done: bool,
}

impl Fault {
    pub(crate) fn of(method: &'static str, path: &'static str, status: u16, message: &'static str) -> Self {
        Self { method, path, status, headers: &[], message, done: false }
    }
}

type Answer = (u16, Value);

impl FakeGitHub {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("it is bound");
        let (alive, stopped) = tokio::sync::oneshot::channel::<()>();
        let shared = state.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                    let shared = shared.clone();
                    async move { answer(&mut lock(&shared), &method, &uri, &headers, &body, address) }
                });
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                // Connections that clients keep open are not waited for.
                tokio::select! { _ = axum::serve(listener, app) => {}, _ = stopped => {} }
            });
        });
        Self { address, state, _alive: alive }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The variables that a workflow has.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("GITHUB_API_URL", self.url()), ("GITHUB_REPOSITORY", "octocat/demo".to_owned()), ("GITHUB_TOKEN", "test-token".to_owned())]
    }

    /// How many requests of a method went to paths with that part.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.state().requests.iter().filter(|request| request.starts_with(method) && request.contains(path)).count()
    }
}

impl State {
    /// A comment that was there before.
    pub(crate) fn comment(&mut self, issue: u64, login: &str, kind: &str, body: &str) -> u64 {
        let id = 1_000 + self.comments.len() as u64;
        self.comments.push(json!({
            "id": id, "issue": issue, "body": body,
            "user": {"login": login, "type": kind},
            "html_url": format!("https://github.com/octocat/demo/pull/{issue}#issuecomment-{id}"),
        }));
        id
    }

    /// The files of a branch with their content.
    pub(crate) fn files(&self, branch: &str) -> BTreeMap<String, String> {
        let commit = self.refs.get(branch).map(|sha| &self.commits[sha]);
        commit.map(|commit| self.trees[commit["tree"]["sha"].as_str().unwrap()].clone()).unwrap_or_default()
    }

    /// How many commits a branch has.
    pub(crate) fn depth(&self, branch: &str) -> usize {
        self.ancestors(self.refs.get(branch).map_or("", String::as_str)).len()
    }

    fn ancestors(&self, sha: &str) -> Vec<String> {
        let (mut all, mut next) = (Vec::new(), Some(sha.to_owned()));
        while let Some(sha) = next.take().filter(|sha| self.commits.contains_key(sha)) {
            next = self.commits[&sha]["parents"][0]["sha"].as_str().map(str::to_owned);
            all.push(sha);
        }
        all
    }

    fn store_tree(&mut self, files: BTreeMap<String, String>) -> String {
        let sha = hash(&format!("{files:?}"));
        self.trees.insert(sha.clone(), files);
        sha
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

fn answer(state: &mut State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8], address: SocketAddr) -> Response {
    state.requests.push(format!("{method} {uri}"));
    let fits = |fault: &Fault| fault.method == method.as_str() && uri.path().contains(fault.path);
    if let Some(at) = state.faults.iter().position(fits) {
        let fault = state.faults.remove(at);
        if fault.done {
            let _ = route(state, method, uri, headers, body, address);
        }
        let status = StatusCode::from_u16(fault.status).expect("a status");
        let mut response = (status, json!({"message": fault.message}).to_string()).into_response();
        for (name, value) in fault.headers {
            response.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        return response;
    }
    route(state, method, uri, headers, body, address)
}

fn route(state: &mut State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8], address: SocketAddr) -> Response {
    let plain = |(status, body): Answer| (StatusCode::from_u16(status).expect("a status"), body.to_string()).into_response();
    if headers.get("authorization").is_none_or(|value| value != "Bearer test-token") {
        return plain((401, json!({"message": "Bad credentials"})));
    }
    let Some(path) = uri.path().strip_prefix("/repos/octocat/demo/") else { return plain(not_found()) };
    let parts: Vec<String> = path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let query: HashMap<String, String> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if parts[0] == "git" && state.is_empty {
        return plain((409, json!({"message": "Git Repository is empty."})));
    }
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["issues", number, "comments"]) => {
            let all: Vec<Value> =
                state.comments.iter().filter(|comment| comment["issue"].as_u64() == number.parse().ok()).cloned().collect();
            page(all, &query, uri, address)
        }
        ("POST", ["issues", number, "comments"]) => plain(create_comment(state, number.parse().unwrap_or(0), &body)),
        ("PATCH", ["issues", "comments", id]) => plain(update_comment(state, id, &body)),
        ("GET", ["issues", _, "labels"]) => page(state.labels.iter().map(|name| json!({"name": name})).collect(), &query, uri, address),
        ("GET", ["issues", _, "events"]) => page(state.events.clone(), &query, uri, address),
        ("GET", ["collaborators", login, "permission"]) => {
            let permission = state.permissions.get(*login).cloned().unwrap_or_else(|| "read".to_owned());
            plain((200, json!({"permission": permission})))
        }
        ("GET", ["pulls"]) => {
            let wanted = query.get("head").cloned().unwrap_or_default();
            let fits = |pull: &&Value| {
                let owner = pull["head"]["repo"]["full_name"].as_str().and_then(|name| name.split_once('/')).map_or("", |(owner, _)| owner);
                format!("{owner}:{}", pull["head"]["ref"].as_str().unwrap_or_default()) == wanted
            };
            page(state.pulls.iter().filter(fits).cloned().collect(), &query, uri, address)
        }
        ("GET", ["compare", _]) => plain((200, json!({"merge_base_commit": {"sha": state.merge_base}}))),
        ("GET", ["commits"]) => {
            let ancestors = state.ancestors(query.get("sha").map_or("", String::as_str));
            let listed = ancestors.iter().map(|sha| json!({"sha": sha, "parents": state.commits[sha]["parents"]})).collect();
            page(listed, &query, uri, address)
        }
        ("POST", ["statuses", sha]) => {
            let mut status = body.clone();
            status["sha"] = json!(sha);
            state.statuses.push(status.clone());
            plain((201, status))
        }
        ("POST", ["check-runs"]) => plain(create_check(state, &body)),
        ("PATCH", ["check-runs", id]) => plain(add_to_check(state, id, &body)),
        ("GET", ["git", "ref", "heads", branch @ ..]) => plain(match state.refs.get(&branch.join("/")) {
            Some(sha) => (200, json!({"object": {"sha": sha, "type": "commit"}})),
            None => not_found(),
        }),
        ("GET", ["git", "commits", sha]) => plain(state.commits.get(*sha).map_or_else(not_found, |commit| (200, commit.clone()))),
        ("GET", ["git", "trees", sha]) => plain(list_tree(state, sha, query.contains_key("recursive"))),
        ("POST", ["git", "trees"]) => plain(create_tree(state, &body)),
        ("POST", ["git", "commits"]) => {
            let parents: Vec<Value> = body["parents"].as_array().into_iter().flatten().map(|sha| json!({"sha": sha})).collect();
            let commit = json!({"tree": {"sha": body["tree"]}, "parents": parents, "message": body["message"]});
            // Commits have a time in them: two are never the same.
            let sha = hash(&format!("{commit}{}", state.commits.len()));
            state.commits.insert(sha.clone(), commit);
            plain((201, json!({"sha": sha})))
        }
        ("POST", ["git", "refs"]) => plain(create_ref(state, &body)),
        ("PATCH", ["git", "refs", "heads", branch @ ..]) => plain(update_ref(state, &branch.join("/"), &body)),
        ("GET", ["contents", path @ ..]) => {
            let commit = state.commits.get(query.get("ref").map_or("", String::as_str));
            let tree = commit.and_then(|commit| state.trees.get(commit["tree"]["sha"].as_str()?));
            let raw = headers.get("accept").is_some_and(|accept| accept == "application/vnd.github.raw+json");
            match tree.and_then(|tree| tree.get(&path.join("/"))) {
                Some(content) if raw => content.clone().into_response(),
                Some(_) => plain((400, json!({"message": "only the raw form is known here"}))),
                None => plain(not_found()),
            }
        }
        _ => plain(not_found()),
    }
}

fn not_found() -> Answer {
    (404, json!({"message": "Not Found"}))
}

fn refused(message: &str) -> Answer {
    (422, json!({ "message": message }))
}

/// One page of a list, with the links to the others.
fn page(all: Vec<Value>, query: &HashMap<String, String>, uri: &Uri, address: SocketAddr) -> Response {
    let number = |name: &str, otherwise: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (size, page) = (number("per_page", 30).min(100), number("page", 1).max(1));
    let more = all.len() > size * page;
    let shown: Vec<Value> = all.into_iter().skip(size * (page - 1)).take(size).collect();
    let mut response = Value::from(shown).to_string().into_response();
    if more {
        let link = format!("<http://{address}{}?per_page={size}&page={}>; rel=\"next\"", uri.path(), page + 1);
        response.headers_mut().insert("link", link.parse().expect("a header"));
    }
    response
}

fn create_comment(state: &mut State, issue: u64, body: &Value) -> Answer {
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST_COMMENT {
        return refused("Body is too long (maximum is 65536 characters)");
    }
    state.comment(issue, "github-actions[bot]", "Bot", text);
    (201, state.comments.last().cloned().unwrap_or_default())
}

fn update_comment(state: &mut State, id: &str, body: &Value) -> Answer {
    let text = body["body"].as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST_COMMENT {
        return refused("Body is too long (maximum is 65536 characters)");
    }
    match state.comments.iter_mut().find(|comment| comment["id"].as_u64() == id.parse().ok()) {
        Some(comment) => {
            comment["body"] = json!(text);
            (200, comment.clone())
        }
        None => not_found(),
    }
}

fn create_check(state: &mut State, body: &Value) -> Answer {
    if is_too_much(body) {
        return refused("Invalid request");
    }
    let mut check = body.clone();
    check["id"] = json!(state.checks.len());
    state.checks.push(check.clone());
    (201, check)
}

fn add_to_check(state: &mut State, id: &str, body: &Value) -> Answer {
    let Some(check) = id.parse::<usize>().ok().and_then(|id| state.checks.get_mut(id)) else { return not_found() };
    if is_too_much(body) {
        return refused("Invalid request");
    }
    let more = body["output"]["annotations"].as_array().cloned().unwrap_or_default();
    if let Some(annotations) = check["output"]["annotations"].as_array_mut() {
        annotations.extend(more);
    }
    (200, check.clone())
}

/// GitHub's limits for one request about a check run.
fn is_too_much(body: &Value) -> bool {
    let output = &body["output"];
    let annotations = output["annotations"].as_array().map_or(0, Vec::len);
    annotations > 50 || output["summary"].as_str().is_some_and(|summary| summary.chars().count() > 65_535)
}

fn list_tree(state: &mut State, sha: &str, recursive: bool) -> Answer {
    let Some(files) = state.trees.get(sha).cloned() else { return not_found() };
    if recursive {
        let cut = state.truncate_above.filter(|&most| files.len() > most);
        let shown = files.iter().take(cut.unwrap_or(usize::MAX));
        let tree: Vec<Value> =
            shown.map(|(path, content)| json!({"path": path, "type": "blob", "sha": hash(content), "size": content.len()})).collect();
        return (200, json!({"sha": sha, "tree": tree, "truncated": cut.is_some()}));
    }
    let names: BTreeSet<String> = files.keys().map(|path| path.split('/').next().unwrap_or_default().to_owned()).collect();
    let mut tree = Vec::new();
    for name in names {
        if let Some(content) = files.get(&name) {
            tree.push(json!({"path": name, "type": "blob", "sha": hash(content), "size": content.len()}));
            continue;
        }
        let below = format!("{name}/");
        let inner = files.iter().filter_map(|(path, content)| Some((path.strip_prefix(&below)?.to_owned(), content.clone()))).collect();
        let sha = state.store_tree(inner);
        tree.push(json!({"path": name, "type": "tree", "sha": sha}));
    }
    (200, json!({"sha": sha, "tree": tree, "truncated": false}))
}

fn create_tree(state: &mut State, body: &Value) -> Answer {
    let base = body["base_tree"].as_str();
    let mut files = match base {
        Some(sha) => match state.trees.get(sha) {
            Some(files) => files.clone(),
            None => return refused("base_tree is not a valid tree"),
        },
        None => BTreeMap::new(),
    };
    for entry in body["tree"].as_array().into_iter().flatten() {
        let path = entry["path"].as_str().unwrap_or_default();
        if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
            return refused("tree.path contains a malformed path component");
        }
        match entry["content"].as_str() {
            Some(content) => drop(files.insert(path.to_owned(), content.to_owned())),
            None => drop(files.remove(path)),
        }
    }
    (201, json!({"sha": state.store_tree(files)}))
}

fn create_ref(state: &mut State, body: &Value) -> Answer {
    let Some(branch) = body["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/")) else { return refused("not a branch") };
    let sha = body["sha"].as_str().unwrap_or_default().to_owned();
    if state.refs.contains_key(branch) {
        return refused("Reference already exists");
    }
    if !state.commits.contains_key(&sha) {
        return refused("Object does not exist");
    }
    state.refs.insert(branch.to_owned(), sha.clone());
    (201, json!({"object": {"sha": sha}}))
}

fn update_ref(state: &mut State, branch: &str, body: &Value) -> Answer {
    let Some(current) = state.refs.get(branch).cloned() else { return refused("Reference does not exist") };
    let sha = body["sha"].as_str().unwrap_or_default().to_owned();
    if !state.commits.contains_key(&sha) {
        return refused("Object does not exist");
    }
    if body["force"] != json!(true) && !state.ancestors(&sha).contains(&current) {
        return refused("Update is not a fast forward");
    }
    state.refs.insert(branch.to_owned(), sha.clone());
    (200, json!({"object": {"sha": sha}}))
}

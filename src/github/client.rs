//! Requests to the API: one at a time, blocking, each answered or explained.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::access::{Access, Repository};
use super::error::{GitHubError, Permission};
use super::limits::wait_for;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// All waiting for rate limits together: a job that waits is paid for, and the verdict is known already.
const MOST_WAITING: Duration = Duration::from_secs(150);
/// How often a request that may be repeated is sent when the server has trouble.
const ATTEMPTS: u32 = 3;
/// No answer is larger; a stored record has at most a few MiB.
const LARGEST: usize = 64 << 20;
/// Of GitHub's own words at most so many characters are shown.
const LONGEST_MESSAGE: usize = 300;

/// A client of the API for one repository.
pub struct Client {
    octocrab: octocrab::Octocrab,
    /// There until the client is dropped.
    runtime: Option<tokio::runtime::Runtime>,
    access: Access,
    /// Waits; counted instead in tests.
    pause: Box<dyn Fn(Duration) + Send + Sync>,
}

/// A request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Path and query, from the address of the API.
    pub(super) path: String,
    pub(super) body: Option<&'a Value>,
    pub(super) accept: Option<&'static str>,
    /// Reads well after "failed to".
    pub(super) doing: &'static str,
    pub(super) needs: Permission,
    /// Whether sending it twice does no harm.
    pub(super) repeatable: bool,
    /// Whether it does no harm however late it is sent: only then a rate limit is waited for.
    pub(super) may_wait: bool,
}

/// A successful answer.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    doing: &'static str,
}

impl Client {
    /// A client that waits in real time.
    pub fn new(access: Access) -> Result<Self, GitHubError> {
        Self::with_pause(access, std::thread::sleep)
    }

    /// A client that waits by calling `pause`.
    pub fn with_pause(access: Access, pause: impl Fn(Duration) + Send + Sync + 'static) -> Result<Self, GitHubError> {
        let wrong = |reason: String| GitHubError::Setup { reason };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| wrong(error.to_string()))?;
        // Building starts a worker on the runtime. octocrab's own retry isn't compiled in: it would send POSTs again.
        let octocrab = {
            let _inside = runtime.enter();
            octocrab::Octocrab::builder()
                .base_uri(access.api.as_str())
                .map_err(|error| wrong(error.to_string()))?
                .personal_token(access.token.secret().to_owned())
                .set_connect_timeout(Some(Duration::from_secs(10)))
                .set_read_timeout(Some(PATIENCE))
                .set_write_timeout(Some(PATIENCE))
                .build()
                .map_err(|error| wrong(error.to_string()))?
        };
        Ok(Self { octocrab, runtime: Some(runtime), access, pause: Box::new(pause) })
    }

    fn runtime(&self) -> &tokio::runtime::Runtime {
        self.runtime.as_ref().unwrap_or_else(|| unreachable!("a client that is used is not dropped"))
    }

    /// The repository it is for.
    pub fn repository(&self) -> &Repository {
        &self.access.repository
    }

    /// `/repos/OWNER/NAME` and the rest.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{}/{rest}", self.access.repository.owner, self.access.repository.name)
    }

    /// Waits a little; `attempt` counts from 0. Jobs that collided once must not collide again.
    pub fn back_off(&self, attempt: u32) {
        let most = 200 * 2_u64.pow(attempt.min(5));
        (self.pause)(Duration::from_millis(most / 2 + rand::random_range(0..=most)));
    }

    /// Sends a request and, where that is safe and useful, sends it again.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Answer, GitHubError> {
        let (mut waited, mut attempt) = (Duration::ZERO, 0);
        loop {
            match self.once(call) {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err((wait, _))) if call.may_wait && waited + wait <= MOST_WAITING => {
                    waited += wait;
                    (self.pause)(wait);
                }
                Ok(Err((_, error))) => return Err(error),
                Err(error) if call.repeatable && error.is_passing() && attempt + 1 < ATTEMPTS => {
                    (self.pause)(Duration::from_secs(1 << attempt));
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// All pages of a list.
    pub(super) fn pages<T: DeserializeOwned>(&self, path: &str, doing: &'static str, needs: Permission) -> Result<Vec<T>, GitHubError> {
        let mut all = Vec::new();
        let mut page = 1;
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let call = Call { path: format!("{path}{separator}per_page=100&page={page}"), ..Call::get(String::new(), doing, needs) };
            let answer = self.send(&call)?;
            all.extend(answer.json::<Vec<T>>()?);
            match next_page(&answer.headers) {
                Some(next) if next > page => page = next,
                _ => return Ok(all),
            }
        }
    }

    /// Sends it once: the answer, or a limit that says how long to wait, or what went wrong.
    fn once(&self, call: &Call<'_>) -> Result<Result<Answer, (Duration, GitHubError)>, GitHubError> {
        let doing = call.doing;
        let unreachable = |reason: String| GitHubError::Unreachable { doing, reason };
        let mut builder = http::Request::builder().method(call.method.clone()).uri(call.path.as_str());
        builder = builder.header(http::header::ACCEPT, call.accept.unwrap_or("application/vnd.github+json"));
        let request = self.octocrab.build_request(builder, call.body).map_err(|error| unreachable(deepest(&error)))?;
        let exchange = async {
            let response = self.octocrab.execute(request).await.map_err(|error| unreachable(deepest(&error)))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LARGEST).collect().await.map_err(|error| unreachable(deepest(&*error)))?;
            Ok((parts, body.to_bytes()))
        };
        let (parts, body) = self
            .runtime()
            .block_on(async { tokio::time::timeout(PATIENCE, exchange).await })
            .unwrap_or_else(|_| Err(unreachable(format!("no answer within {} s", PATIENCE.as_secs()))))?;
        if parts.status.is_success() {
            return Ok(Ok(Answer { headers: parts.headers, body, doing }));
        }
        let message = message(&body);
        let status = parts.status.as_u16();
        if let Some(wait) = wait_for(status, &parts.headers, &message, jiff::Timestamp::now().as_second()) {
            return Ok(Err((wait, GitHubError::RateLimited { doing, seconds: wait.as_secs() })));
        }
        Err(match status {
            401 => GitHubError::Unauthorized { doing },
            403 => GitHubError::Denied { doing, needs: call.needs },
            404 => GitHubError::NotFound { doing, needs: call.needs },
            status => GitHubError::Refused { doing, status, message },
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A resolver that doesn't answer is not waited for.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("access", &self.access).finish_non_exhaustive()
    }
}

impl<'a> Call<'a> {
    pub(super) fn get(path: String, doing: &'static str, needs: Permission) -> Self {
        Self { method: Method::GET, path, body: None, accept: None, doing, needs, repeatable: true, may_wait: true }
    }

    /// A request that changes something, and is sent once.
    pub(super) fn change(method: Method, path: String, body: &'a Value, doing: &'static str, needs: Permission) -> Self {
        Self { method, path, body: Some(body), accept: None, doing, needs, repeatable: false, may_wait: true }
    }
}

impl Answer {
    /// The body as what it should be.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, GitHubError> {
        serde_json::from_slice(&self.body).map_err(|error| GitHubError::Answer { doing: self.doing, reason: error.to_string() })
    }
}

/// The page that `link: <...page=2>; rel="next"` names. The address itself is not followed: behind a proxy it is another.
fn next_page(headers: &HeaderMap) -> Option<u64> {
    let link = headers.get(http::header::LINK)?.to_str().ok()?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok())
}

/// GitHub's words in an error's body, on one line, and those about each wrong field.
fn message(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut text = body["message"].as_str().unwrap_or("no explanation").to_owned();
    for error in body["errors"].as_array().into_iter().flatten() {
        if let Some(more) = error.as_str().or_else(|| error["message"].as_str()) {
            text += &format!("; {more}");
        }
    }
    crate::text::plain(&text).chars().take(LONGEST_MESSAGE).collect()
}

/// The innermost cause: octocrab's own words only say that there is one.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    crate::text::plain(&deepest.to_string()).chars().take(LONGEST_MESSAGE).collect()
}

/// A part of a path; a branch keeps its slashes.
pub(super) fn escaped(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
    utf8_percent_encode(path, SAFE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_read_from_the_link() {
        let mut headers = HeaderMap::new();
        assert_eq!(next_page(&headers), None);
        let link = r#"<https://api.github.com/repositories/1/issues/2/comments?per_page=100&page=1>; rel="prev", <https://api.github.com/repositories/1/issues/2/comments?per_page=100&page=3>; rel="next""#;
        headers.insert(http::header::LINK, link.parse().unwrap());
        assert_eq!(next_page(&headers), Some(3));
        headers.insert(http::header::LINK, r#"<https://x/?page=9>; rel="last""#.parse().unwrap());
        assert_eq!(next_page(&headers), None);
    }

    #[test]
    fn what_github_says_is_shown_on_one_line() {
        let body = br#"{"message": "Validation Failed", "errors": [{"message": "Body is\ntoo long"}, "x"]}"#;
        assert_eq!(message(body), "Validation Failed; Body is\\ntoo long; x");
        assert_eq!(message(b"<html>"), "no explanation");
    }

    #[test]
    fn what_the_system_does_not_answer_is_not_waited_for() {
        use std::sync::mpsc::channel;
        let known = [("GITHUB_REPOSITORY", "octocat/demo"), ("GITHUB_TOKEN", "t")];
        let variable = |name: &str| known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let client = Client::new(Access::read(&variable).unwrap()).unwrap();
        let ((begins, begun), (answer, answers), (drops, dropped)) = (channel::<()>(), channel::<()>(), channel());
        client.runtime().spawn_blocking(move || {
            begins.send(()).unwrap();
            answers.recv()
        });
        begun.recv().unwrap();
        std::thread::spawn(move || {
            drop(client);
            drops.send(())
        });
        assert_eq!(dropped.recv_timeout(Duration::from_secs(60)), Ok(()), "it waits");
        drop(answer);
    }
}

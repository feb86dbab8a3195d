//! One comment for each pull request and suite: found again, and brought up to date.

use crate::github::{Client, Comment, GitHubError};

/// What became of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Where people find it.
    pub url: String,
    /// What was done.
    pub posting: Posting,
}

/// What was done with a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// There was none.
    Created,
    /// It says something else now.
    Updated,
    /// It said so already: nothing was sent.
    Unchanged,
}

/// The comment that begins with `marker`, written by an app or by whoever the token belongs to: anybody else could copy the
/// marker. Of several the oldest.
pub fn existing(client: &Client, pull_request: u64, marker: &str) -> Result<Option<Comment>, GitHubError> {
    let comments = client.comments(pull_request)?;
    let (bots, people): (Vec<Comment>, Vec<Comment>) = comments
        .into_iter()
        .filter(|comment| comment.body.lines().next().map(str::trim_end) == Some(marker))
        .partition(|comment| comment.by_bot);
    let oldest = |comments: Vec<Comment>| comments.into_iter().min_by_key(|comment| comment.id);
    if bots.is_empty() && !people.is_empty() {
        let login = client.login();
        return Ok(oldest(people.into_iter().filter(|comment| Some(&comment.author) == login.as_ref()).collect()));
    }
    Ok(oldest(bots))
}

/// Brings the comment up to date, or writes one where there is none or where it has been deleted meanwhile.
pub fn post(client: &Client, pull_request: u64, existing: Option<&Comment>, body: &str) -> Result<Posted, GitHubError> {
    if let Some(comment) = existing {
        if same(&comment.body, body) {
            return Ok(Posted { url: comment.url.clone(), posting: Posting::Unchanged });
        }
        if let Some(comment) = client.update_comment(comment.id, body)? {
            return Ok(Posted { url: comment.url, posting: Posting::Updated });
        }
    }
    let comment = client.create_comment(pull_request, body)?;
    Ok(Posted { url: comment.url, posting: Posting::Created })
}

/// GitHub may change line ends, and cuts what is blank at the end.
fn same(stored: &str, body: &str) -> bool {
    stored.replace("\r\n", "\n").trim_end() == body.trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::fake::{FakeGitHub, Fault};
    use crate::github::{Access, Client};

    const MARKER: &str = "<!-- loadline:shop -->";

    fn client(github: &FakeGitHub) -> Client {
        let variables = github.variables();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        Client::with_pause(Access::read(&variable).unwrap(), |_| {}).unwrap()
    }

    fn posted(github: &FakeGitHub, text: &str) -> Posting {
        let client = client(github);
        let found = existing(&client, 7, MARKER).unwrap();
        post(&client, 7, found.as_ref(), &format!("{MARKER}\n{text}\n")).unwrap().posting
    }

    #[test]
    fn a_comment_is_created_once_then_updated_and_left_alone_where_nothing_changed() {
        let github = FakeGitHub::start();
        github.state().comment(8, "github-actions[bot]", "Bot", MARKER);
        assert_eq!(posted(&github, "one"), Posting::Created);
        assert_eq!(posted(&github, "one"), Posting::Unchanged);
        assert_eq!(posted(&github, "two"), Posting::Updated);
        let of_it: Vec<String> =
            github.state().comments.iter().filter(|comment| comment["issue"] == 7).map(|comment| comment["body"].to_string()).collect();
        assert_eq!(of_it, [r#""<!-- loadline:shop -->\ntwo\n""#]);
        assert_eq!((github.count("POST", "comments"), github.count("PATCH", "comments")), (1, 1));
    }

    #[test]
    fn it_is_found_behind_150_others_and_the_oldest_of_several_is_taken() {
        let github = FakeGitHub::start();
        let mut state = github.state();
        for number in 0..150 {
            state.comment(7, "octocat", "User", &format!("{number}"));
        }
        let oldest = state.comment(7, "github-actions[bot]", "Bot", &format!("{MARKER}\r\nold"));
        state.comment(7, "github-actions[bot]", "Bot", MARKER);
        drop(state);
        assert_eq!(existing(&client(&github), 7, MARKER).unwrap().unwrap().id, oldest);
        assert_eq!(github.count("GET", "comments"), 2);
        assert_eq!(posted(&github, "new"), Posting::Updated);
        assert_eq!(github.count("POST", "comments"), 0);
    }

    #[test]
    fn a_marker_that_somebody_copied_or_quoted_is_not_ours() {
        let github = FakeGitHub::start();
        github.state().comment(7, "stranger", "User", MARKER);
        github.state().comment(7, "helper[bot]", "Bot", &format!("> {MARKER}"));
        github.state().comment(7, "helper[bot]", "Bot", &format!("hello\n{MARKER}"));
        github.state().comment(7, "helper[bot]", "Bot", "<!-- loadline:shop2 -->");
        assert_eq!(existing(&client(&github), 7, MARKER).unwrap(), None);
    }

    #[test]
    fn a_comment_that_is_gone_is_written_again() {
        let github = FakeGitHub::start();
        assert_eq!(posted(&github, "one"), Posting::Created);
        github.state().faults.push(Fault::of("PATCH", "comments", 404, "Not Found"));
        assert_eq!(posted(&github, "two"), Posting::Created);
    }

    #[test]
    fn a_comment_is_never_sent_twice_and_a_missing_right_is_named() {
        let github = FakeGitHub::start();
        github.state().faults.push(Fault { done: true, ..Fault::of("POST", "comments", 502, "Bad Gateway") });
        assert!(post(&client(&github), 7, None, MARKER).is_err());
        assert_eq!(github.count("POST", "comments"), 1);
        github.state().faults.push(Fault::of("POST", "comments", 403, "Resource not accessible by integration"));
        let error = post(&client(&github), 7, None, MARKER).unwrap_err().to_string();
        assert!(error.contains("add `pull-requests: write` to the job's `permissions:`"), "{error}");
    }
}

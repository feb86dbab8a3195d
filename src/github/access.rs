//! Where the API is, of which repository, and with which token.

use std::fmt;

use super::error::GitHubError;

/// Where the API is where nothing else is said.
const GITHUB: &str = "https://api.github.com";

/// Where the API is, of which repository, and with which token.
#[derive(Debug, Clone)]
pub struct Access {
    /// The address of the API without a slash at its end: `https://api.github.com`, or `https://HOST/api/v3`.
    pub api: String,
    /// The repository that the workflow belongs to.
    pub repository: Repository,
    /// What the API is asked with.
    pub token: Token,
}

/// `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The user or organisation.
    pub owner: String,
    /// The repository itself.
    pub name: String,
}

/// A secret that no message and no `{:?}` shows.
#[derive(Clone)]
pub struct Token(String);

impl Access {
    /// Reads `GITHUB_REPOSITORY`, `GITHUB_API_URL` and `GITHUB_TOKEN`; `variable` is [`std::env::var`], except in tests.
    /// Empty ones count as unset.
    ///
    /// An address without encryption is taken for loopback alone: the token goes over it.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, GitHubError> {
        let variable = |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let repository = variable("GITHUB_REPOSITORY").ok_or(GitHubError::NoRepository { found: None })?;
        let repository = Repository::parse(&repository).ok_or(GitHubError::NoRepository { found: Some(repository) })?;
        let api = variable("GITHUB_API_URL").unwrap_or_else(|| GITHUB.to_owned());
        let api = api.trim_end_matches('/').to_owned();
        if !is_safe(&api) {
            return Err(GitHubError::Address { address: api });
        }
        let token = variable("GITHUB_TOKEN").ok_or(GitHubError::NoToken)?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(GitHubError::NoToken);
        }
        Ok(Self { api, repository, token: Token(token) })
    }
}

impl Repository {
    /// Reads `owner/name`; none for anything that GitHub would not take.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let legal = |part: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.len() <= 100 && part.chars().all(known) && part.chars().any(|c| c != '.')
        };
        (legal(owner) && legal(name)).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Token {
    /// The token itself, for a request's header.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// Whether a token may go there.
fn is_safe(api: &str) -> bool {
    let Ok(uri) = api.parse::<http::Uri>() else { return false };
    let Some(host) = uri.host() else { return false };
    let loopback = matches!(host, "localhost" | "[::1]") || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    // `user@host` would put something else in front of the host.
    let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@')) && uri.query().is_none();
    plain && (uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Access, String> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Access::read(&variable).map_err(|error| error.to_string())
    }

    const REPOSITORY: (&str, &str) = ("GITHUB_REPOSITORY", "octocat/demo");
    const TOKEN: (&str, &str) = ("GITHUB_TOKEN", "secret-token");

    #[test]
    fn a_workflow_says_where_the_api_is() {
        let access = read(&[REPOSITORY, TOKEN, ("GITHUB_API_URL", "")]).unwrap();
        assert_eq!((access.api.as_str(), access.repository.to_string().as_str()), ("https://api.github.com", "octocat/demo"));
        assert!(!format!("{access:?}").contains("secret"), "{access:?}");
        let own = read(&[REPOSITORY, TOKEN, ("GITHUB_API_URL", "https://git.example.com/api/v3/")]).unwrap();
        assert_eq!(own.api, "https://git.example.com/api/v3");
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_add() {
        assert!(read(&[REPOSITORY]).unwrap_err().contains("GITHUB_TOKEN: ${{ github.token }}"));
        assert!(read(&[TOKEN]).unwrap_err().contains("GITHUB_REPOSITORY"));
        for repository in ["demo", "octocat/", "a/b/c", "../x", "a/..", "a b/c", "o/x?y"] {
            assert!(read(&[TOKEN, ("GITHUB_REPOSITORY", repository)]).is_err(), "{repository}");
        }
    }

    #[test]
    fn a_token_goes_over_no_open_line() {
        for (address, taken) in [
            ("http://127.0.0.1:8000", true),
            ("http://localhost:1", true),
            ("http://git.example.com", false),
            ("https://api.github.com@evil.example", false),
            ("ftp://x", false),
            ("api.github.com", false),
        ] {
            assert_eq!(read(&[REPOSITORY, TOKEN, ("GITHUB_API_URL", address)]).is_ok(), taken, "{address}");
        }
    }
}

//! Bearer tokens: JSON Web Tokens signed with HS256.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};

use super::app::App;
use super::problem::Problem;

/// How long a token given by a login is good for, in seconds.
pub(super) const TOKEN_LIFE: u64 = 3600;

/// Signs tokens, and checks them where a secret was given.
pub(super) struct Tokens {
    sign: EncodingKey,
    check: Option<(DecodingKey, Validation)>,
}

impl Tokens {
    /// Without a secret, or with an empty one, every request passes as an administrator's.
    pub(super) fn new(secret: Option<&str>) -> Self {
        let secret = secret.filter(|secret| !secret.is_empty());
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.validate_aud = false;
        Self {
            sign: EncodingKey::from_secret(secret.unwrap_or("demo").as_bytes()),
            check: secret.map(|secret| (DecodingKey::from_secret(secret.as_bytes()), validation)),
        }
    }

    /// A token for an account without any role.
    pub(super) fn issue(&self, email: &str) -> Result<String, Problem> {
        let claims = Claims { sub: email.to_owned(), exp: get_current_timestamp() + TOKEN_LIFE, role: None };
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign)
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    }

    /// What the request's token claims; nothing where no tokens are checked.
    fn claims(&self, parts: &Parts) -> Result<Option<Claims>, Problem> {
        let Some((key, validation)) = &self.check else { return Ok(None) };
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) =
            header.and_then(|header| header.split_once(' ')).ok_or_else(|| Problem::unauthorized("a bearer token is needed"))?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Problem::unauthorized("a bearer token is needed"));
        }
        match decode::<Claims>(token.trim(), key, validation) {
            Ok(token) => Ok(Some(token.claims)),
            Err(error) => Err(Problem::unauthorized(format!("the token is not valid: {error}"))),
        }
    }
}

/// Somebody with a valid token; 401 for everybody else.
pub(super) struct SignedIn;

/// Somebody whose valid token has the role `admin`; 403 for those without the role, 401 for those without a token.
pub(super) struct Admin;

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        app.tokens.claims(parts).map(|_| Self)
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match app.tokens.claims(parts)? {
            Some(claims) if claims.role.as_deref() != Some("admin") => {
                Err(Problem::new(StatusCode::FORBIDDEN, "the role `admin` is needed"))
            }
            _ => Ok(Self),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::demo::testing::Running;

    fn signed(secret: &str, claims: &Value) -> String {
        encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    async fn statuses(demo: &Running, header: Option<String>) -> [u16; 3] {
        let mut statuses = [0; 3];
        for (status, path) in statuses.iter_mut().zip(["/admin/users?synthetic=true", "/generation/tasks", "/payments"]) {
            let method = if path.starts_with("/admin") { "DELETE" } else { "GET" };
            let mut request = demo.request(method, path);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            *status = demo.send(request).await.0;
        }
        statuses
    }

    #[tokio::test]
    async fn tokens_are_checked_where_a_secret_is_set() {
        let demo = Running::with_secret("a secret of the tests").await;
        let now = get_current_timestamp();
        let bearer = |secret: &str, claims: Value| Some(format!("Bearer {}", signed(secret, &claims)));
        let right = "a secret of the tests";
        for (header, expected, why) in [
            (None, [401, 401, 401], "no header"),
            (Some("Basic dXNlcjpwYXNz".to_owned()), [401, 401, 401], "another scheme"),
            (Some("Bearer not.a.token".to_owned()), [401, 401, 401], "no token"),
            (bearer("another", json!({ "sub": "a", "role": "admin", "exp": now + 600 })), [401, 401, 401], "another secret"),
            (bearer(right, json!({ "sub": "a", "role": "admin", "exp": now - 1 })), [401, 401, 401], "expired"),
            (bearer(right, json!({ "sub": "a", "role": "admin" })), [401, 401, 401], "without an end"),
            (bearer(right, json!({ "sub": "a", "exp": now + 600 })), [403, 200, 200], "no role"),
            (bearer(right, json!({ "sub": "a", "role": "user", "exp": now + 600 })), [403, 200, 200], "another role"),
            (bearer(right, json!({ "sub": "a", "role": "admin", "exp": now + 600 })), [200, 200, 200], "an administrator"),
        ] {
            assert_eq!(statuses(&demo, header).await, expected, "{why}");
        }
    }

    #[tokio::test]
    async fn nothing_is_checked_without_a_secret() {
        for demo in [Running::start(&[]).await, Running::with_secret("").await] {
            assert_eq!(statuses(&demo, None).await, [200, 200, 200]);
        }
    }

    #[tokio::test]
    async fn a_login_gives_a_token_that_is_good() {
        let demo = Running::with_secret("a secret of the tests").await;
        let (_, answer) = demo.post("/auth/login", json!({ "email": "user07@example.com", "password": "load-test-07" })).await;
        let header = format!("bearer {}", answer["access_token"].as_str().unwrap());
        assert_eq!(statuses(&demo, Some(header)).await, [403, 200, 200]);
    }
}

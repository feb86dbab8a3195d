//! Accounts: logging in, registering, and the administration of synthetic ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::app::App;
use super::auth::{Admin, TOKEN_LIFE};
use super::body::{Body, Text, in_query};
use super::problem::Problem;
use super::shelf::Shelf;

/// How many accounts `data/accounts.csv` of the examples has; they are always there.
const BUILT_IN: u64 = 40;
const ROOM: usize = 10_000;

/// Who may log in: the accounts of the examples, and those made since the start.
pub(super) struct Accounts {
    all: Mutex<All>,
}

struct All {
    built_in: HashMap<String, Account>,
    made: Shelf<Account>,
    numbers: HashMap<String, u64>,
}

struct Account {
    email: String,
    password: [u8; 32],
}

impl Accounts {
    pub(super) fn new() -> Self {
        let account = |number| Account::new(&format!("user{number:02}@example.com"), &format!("load-test-{number:02}"));
        let built_in = (1..=BUILT_IN).map(account).map(|account| (account.email.clone(), account)).collect();
        Self { all: Mutex::new(All { built_in, made: Shelf::new(BUILT_IN + 1, ROOM), numbers: HashMap::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn find(&self, email: &str) -> Option<&Account> {
        let made = || self.made.find(*self.numbers.get(email)?);
        self.built_in.get(email).or_else(made)
    }

    /// Makes the account, in place of one with the same address.
    fn add(&mut self, account: Account) -> u64 {
        let email = account.email.clone();
        if let Some(number) = self.numbers.remove(&email) {
            self.made.remove(number);
        }
        let (number, gone) = self.made.add(|_| account);
        if let Some(gone) = gone {
            self.numbers.remove(&gone.email);
        }
        self.numbers.insert(email, number);
        number
    }
}

impl Account {
    fn new(email: &str, password: &str) -> Self {
        Self { email: email.to_lowercase(), password: Sha256::digest(password).into() }
    }
}

/// The body of a login and of both ways to make an account; what else there is in it (a plan, say) is not kept.
#[derive(Deserialize)]
pub(super) struct Credentials {
    email: Text,
    password: Text,
}

impl Credentials {
    fn account(&self) -> Result<Account, Problem> {
        if !self.email.0.contains('@') {
            return Err(Problem::unacceptable("an email address has an `@`"));
        }
        Ok(Account::new(&self.email.0, &self.password.0))
    }
}

/// `POST /auth/login`: 200 with an `access_token`, or 401.
pub(super) async fn login(State(app): State<Arc<App>>, Body(credentials): Body<Credentials>) -> Result<Json<Value>, Problem> {
    let given = Account::new(&credentials.email.0, &credentials.password.0);
    if app.accounts.lock().find(&given.email).is_none_or(|known| known.password != given.password) {
        return Err(Problem::unauthorized("wrong email or password"));
    }
    let token = app.tokens.issue(&given.email)?;
    Ok(Json(json!({ "access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFE })))
}

/// `POST /auth/register`: 201; 409 for an address of a built-in account.
///
/// An address that was registered before is registered anew, with the new password: nobody has confirmed it, and
/// generated addresses repeat in a long load.
pub(super) async fn register(
    State(app): State<Arc<App>>,
    Body(credentials): Body<Credentials>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = credentials.account()?;
    let mut all = app.accounts.lock();
    if all.built_in.contains_key(&account.email) {
        return Err(Problem::conflict("the address is taken"));
    }
    let email = account.email.clone();
    let number = all.add(account);
    Ok((StatusCode::CREATED, Json(json!({ "id": number, "email": email, "confirmed": false }))))
}

/// `POST /admin/users`: 201; 409 where there is an account with that address.
pub(super) async fn create(
    _: Admin,
    State(app): State<Arc<App>>,
    Body(credentials): Body<Credentials>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let account = credentials.account()?;
    let mut all = app.accounts.lock();
    if all.find(&account.email).is_some() {
        return Err(Problem::conflict("there is an account with that address"));
    }
    let email = account.email.clone();
    let number = all.add(account);
    Ok((StatusCode::CREATED, Json(json!({ "id": number, "email": email, "synthetic": true }))))
}

/// `DELETE /admin/users?synthetic=true`: 200 with how many there were. The built-in accounts stay.
pub(super) async fn delete_synthetic(_: Admin, State(app): State<Arc<App>>, query: RawQuery) -> Result<Json<Value>, Problem> {
    if in_query(&query, "synthetic").as_deref() != Some("true") {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "only synthetic accounts can be deleted: `?synthetic=true`"));
    }
    let mut all = app.accounts.lock();
    let deleted = all.numbers.len();
    all.made.clear();
    all.numbers.clear();
    Ok(Json(json!({ "deleted": deleted })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::testing::Running;

    #[tokio::test]
    async fn the_accounts_of_the_examples_can_log_in() {
        let demo = Running::start(&[]).await;
        for (email, password, expected) in [
            ("user01@example.com", "load-test-01", 200),
            ("User40@Example.com", "load-test-40", 200),
            ("user01@example.com", "load-test-02", 401),
            ("user41@example.com", "load-test-41", 401),
        ] {
            let (status, answer) = demo.post("/auth/login", json!({ "email": email, "password": password })).await;
            assert_eq!((status, answer["access_token"].is_string()), (expected, expected == 200), "{email}");
        }
    }

    #[tokio::test]
    async fn an_address_can_be_registered_until_it_is_a_real_account() {
        let demo = Running::start(&[]).await;
        let credentials = |password: &str| json!({ "email": "someone@example.org", "password": password });
        assert_eq!(demo.post("/auth/register", credentials("first")).await.0, 201);
        assert_eq!(demo.post("/auth/register", credentials("second")).await.0, 201);
        assert_eq!(demo.post("/auth/login", credentials("first")).await.0, 401);
        assert_eq!(demo.post("/auth/login", credentials("second")).await.0, 200);
        let taken = json!({ "email": "user01@example.com", "password": "mine" });
        assert_eq!(demo.post("/auth/register", taken).await.0, 409);
        assert_eq!(demo.post("/auth/register", json!({ "email": "nobody", "password": "x" })).await.0, 422);
    }

    #[tokio::test]
    async fn synthetic_accounts_come_and_go_and_the_built_in_ones_stay() {
        let demo = Running::start(&[]).await;
        let user = json!({ "email": "seeded@example.org", "password": "long enough", "plan": "free" });
        assert_eq!(demo.post("/admin/users", user.clone()).await.0, 201);
        assert_eq!(demo.post("/admin/users", user.clone()).await.0, 409);
        assert_eq!(demo.send(demo.request("DELETE", "/admin/users")).await.0, 400);
        let answer = demo.send(demo.request("DELETE", "/admin/users?synthetic=true")).await;
        assert_eq!(answer, (200, json!({ "deleted": 1 })));
        assert_eq!(demo.post("/auth/login", user).await.0, 401);
        let built_in = json!({ "email": "user01@example.com", "password": "load-test-01" });
        assert_eq!(demo.post("/auth/login", built_in).await.0, 200);
    }

    #[test]
    fn what_is_kept_is_bounded_and_an_address_has_one_account() {
        let accounts = Accounts::new();
        let mut all = accounts.lock();
        let account = |name: String| Account { email: format!("{name}@example.org"), password: [0; 32] };
        for name in ["oldest", "twice", "twice"] {
            all.add(account(name.to_owned()));
        }
        for number in 1..ROOM {
            all.add(account(number.to_string()));
        }
        assert_eq!((all.numbers.len(), all.made.latest(usize::MAX).count()), (ROOM, ROOM));
        assert!(all.find("oldest@example.org").is_none() && all.find("twice@example.org").is_some());
    }
}

//! Payments: the same key pays once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::app::{App, LISTED};
use super::auth::SignedIn;
use super::body::{Body, Text};
use super::problem::Problem;
use super::shelf::Shelf;

const ROOM: usize = 10_000;
const LONGEST_KEY: usize = 255;

/// The latest payments, and the idempotency keys they came with; a key is known as long as its payment is.
pub(super) struct Payments {
    all: Mutex<All>,
}

struct All {
    made: Shelf<Payment>,
    numbers: HashMap<String, u64>,
}

/// One payment as it is answered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Payment {
    id: u64,
    #[serde(flatten)]
    given: NewPayment,
    status: &'static str,
    #[serde(skip)]
    key: Option<String>,
}

/// The body of [`create`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NewPayment {
    amount_cents: u64,
    currency: Text,
}

impl Payments {
    pub(super) fn new() -> Self {
        Self { all: Mutex::new(All { made: Shelf::new(1, ROOM), numbers: HashMap::new() }) }
    }
}

impl All {
    /// The payment that was made with that key; an error where it was another payment.
    fn again(&self, key: &str, given: &NewPayment) -> Result<Option<&Payment>, Problem> {
        match self.numbers.get(key).and_then(|&number| self.made.find(number)) {
            Some(payment) if payment.given != *given => Err(Problem::unacceptable("the key was used for another payment")),
            found => Ok(found),
        }
    }

    fn make(&mut self, key: Option<String>, given: NewPayment) -> Payment {
        let mut payment = Payment { id: 0, given, status: "accepted", key };
        let kept = payment.clone();
        let (id, gone) = self.made.add(|id| Payment { id, ..kept });
        payment.id = id;
        if let Some(key) = gone.and_then(|gone| gone.key) {
            self.numbers.remove(&key);
        }
        if let Some(key) = &payment.key {
            self.numbers.insert(key.clone(), id);
        }
        payment
    }
}

/// `POST /payments`: 201 with the payment. The same `idempotency-key` with the same body gives the first answer again,
/// with another body 422.
pub(super) async fn create(
    _: SignedIn,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(given): Body<NewPayment>,
) -> Result<(StatusCode, Json<Payment>), Problem> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("an idempotency key has 1 to {LONGEST_KEY} bytes")));
    }
    if given.amount_cents == 0 {
        return Err(Problem::unacceptable("an amount is above zero"));
    }
    let mut all = app.payments.all.lock().unwrap_or_else(PoisonError::into_inner);
    let before = match &key {
        Some(key) => all.again(key, &given)?.cloned(),
        None => None,
    };
    Ok((StatusCode::CREATED, Json(before.unwrap_or_else(|| all.make(key, given)))))
}

/// `GET /payments`: the latest payments.
pub(super) async fn list(_: SignedIn, State(app): State<Arc<App>>) -> Json<Vec<Payment>> {
    Json(app.payments.all.lock().unwrap_or_else(PoisonError::into_inner).made.latest(LISTED).cloned().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::testing::Running;

    #[tokio::test]
    async fn the_same_key_pays_once() {
        let demo = Running::start(&[]).await;
        let pay = async |key: &str, cents: u64| {
            let request = demo.request("POST", "/payments").header("idempotency-key", key);
            demo.send(request.json(&json!({ "amount_cents": cents, "currency": "USD" }))).await
        };
        let first = pay("k1", 500).await;
        assert_eq!(first, (201, json!({ "id": 1, "amount_cents": 500, "currency": "USD", "status": "accepted" })));
        assert_eq!(pay("k1", 500).await, first);
        assert_eq!(pay("k1", 600).await.0, 422);
        assert_eq!(pay("k2", 500).await.1["id"], 2);
        assert_eq!(pay(&"k".repeat(256), 500).await.0, 400);
        assert_eq!(demo.post("/payments", json!({ "amount_cents": 0, "currency": "USD" })).await.0, 422);
        assert_eq!(demo.post("/payments", json!({ "amount_cents": 100, "currency": "USD" })).await.1["id"], 3);
        assert_eq!(demo.get("/payments").await.1.as_array().unwrap().len(), 3);
    }

    #[test]
    fn keys_go_with_their_payments() {
        let mut all = All { made: Shelf::new(1, 2), numbers: HashMap::new() };
        let given = NewPayment { amount_cents: 1, currency: Text("USD".to_owned()) };
        for key in ["a", "b", "c"] {
            all.make(Some(key.to_owned()), given.clone());
        }
        assert_eq!(all.numbers.len(), 2);
        assert!(all.again("a", &given).unwrap().is_none());
        assert_eq!(all.again("c", &given).unwrap().map(|payment| payment.id), Some(3));
    }
}

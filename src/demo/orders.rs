//! Orders: where the last items in stock are fought for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::body::{Body, Segment};
use super::problem::Problem;
use super::shelf::Shelf;

const ROOM: usize = 10_000;

/// The gap between look and take under `oversell`. It is many times the work of a request, so that all orders of one
/// instant have looked before the first one takes.
const GAP: Duration = Duration::from_millis(100);

/// The latest orders.
pub(super) struct Orders {
    all: Mutex<Shelf<Order>>,
}

impl Orders {
    pub(super) fn new() -> Self {
        Self { all: Mutex::new(Shelf::new(1, ROOM)) }
    }
}

/// One order as it is answered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Order {
    id: u64,
    product_id: u64,
    quantity: u32,
    total: f64,
    status: &'static str,
}

/// The body of [`create`].
#[derive(Deserialize)]
pub(super) struct NewOrder {
    product_id: u64,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// `POST /orders/`: 201 with the order, 404 for an unknown product, 409 when there is not enough of it.
pub(super) async fn create(State(app): State<Arc<App>>, Body(new): Body<NewOrder>) -> Result<(StatusCode, Json<Order>), Problem> {
    if new.quantity == 0 {
        return Err(Problem::unacceptable("an order is of at least one"));
    }
    let price = if app.oversell {
        app.products.look(new.product_id, new.quantity)?;
        tokio::time::sleep(GAP).await;
        app.products.take_unseen(new.product_id, new.quantity)?
    } else {
        app.products.take(new.product_id, new.quantity)?
    };
    let total = (price * f64::from(new.quantity) * 100.0).round() / 100.0;
    let order = |id| Order { id, product_id: new.product_id, quantity: new.quantity, total, status: "new" };
    let mut made = order(0);
    made.id = app.orders.all.lock().unwrap_or_else(PoisonError::into_inner).add(order).0;
    Ok((StatusCode::CREATED, Json(made)))
}

/// `POST /orders/{id}/pay`: 200 with the order, 404, or 409 when it is paid already.
pub(super) async fn pay(State(app): State<Arc<App>>, id: Segment) -> Result<Json<Order>, Problem> {
    let id = id.number("order")?;
    let mut all = app.orders.all.lock().unwrap_or_else(PoisonError::into_inner);
    let order = all.find_mut(id).ok_or_else(|| Problem::unknown("order"))?;
    if order.status == "paid" {
        return Err(Problem::conflict("the order is paid already"));
    }
    order.status = "paid";
    Ok(Json(order.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::demo::testing::Running;

    /// Twenty orders at the same instant for a stock of five: how many were sold, how many refused, and what is left.
    async fn race(demo: &Running) -> (usize, usize, Value) {
        let last = json!({ "sku": "LAST", "name": "Last item", "price": 9.99, "stock": 5 });
        let (_, product) = demo.post("/products/", last).await;
        let order = json!({ "product_id": product["id"], "quantity": 1 });
        let answers = futures_util::future::join_all((0..20).map(|_| demo.post("/orders/", order.clone()))).await;
        let count = |wanted| answers.iter().filter(|(status, _)| *status == wanted).count();
        let (_, after) = demo.get(&format!("/products/{}", product["id"])).await;
        (count(201), count(409), after["stock"].clone())
    }

    #[tokio::test]
    async fn five_items_are_sold_five_times_however_many_want_one() {
        for workers in [1, 3] {
            let demo = Running::with_workers(&[], workers).await;
            for _ in 0..3 {
                assert_eq!(race(&demo).await, (5, 15, json!(0)));
            }
        }
    }

    #[tokio::test]
    async fn oversell_sells_what_is_not_there() {
        let demo = Running::start(&["oversell"]).await;
        let (sold, refused, stock) = race(&demo).await;
        assert!(sold > 5, "{sold} sold");
        assert_eq!((sold + refused, stock), (20, json!(5 - sold as i64)));
    }

    #[tokio::test]
    async fn an_order_is_made_and_paid_once() {
        let demo = Running::start(&[]).await;
        let (status, order) = demo.post("/orders/", json!({ "product_id": 2, "quantity": 3 })).await;
        assert_eq!((status, &order), (201, &json!({ "id": 1, "product_id": 2, "quantity": 3, "total": 8.97, "status": "new" })));
        let (status, paid) = demo.post("/orders/1/pay", json!({})).await;
        assert_eq!((status, paid["status"].as_str()), (200, Some("paid")));
        assert_eq!(demo.post("/orders/1/pay", json!({})).await.0, 409);
        assert_eq!(demo.post("/orders/2/pay", json!({})).await.0, 404);
        assert_eq!(demo.send(demo.request("POST", "/orders/1/pay")).await.0, 409, "a payment needs no body");
        for (body, expected) in [
            (json!({ "product_id": 999 }), 404),
            (json!({ "product_id": 2, "quantity": 0 }), 422),
            (json!({ "product_id": "2" }), 422),
            (json!({ "product_id": 2, "quantity": 998 }), 409),
            (json!({ "product_id": 2 }), 201),
        ] {
            assert_eq!(demo.post("/orders/", body.clone()).await.0, expected, "{body}");
        }
    }
}

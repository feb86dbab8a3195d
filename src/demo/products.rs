//! Products and their stock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::app::{App, LISTED};
use super::body::{Body, Segment, Text};
use super::problem::Problem;
use super::shelf::Shelf;

const ROOM: usize = 10_000;

/// The products, each with a stock that is read and lowered in one step, unless the demo is told to do it wrong.
pub(super) struct Products {
    all: Mutex<Shelf<Product>>,
}

/// One product as it is answered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Product {
    id: u64,
    sku: Text,
    name: Text,
    price: f64,
    /// Below zero when more was sold than was there.
    stock: i64,
}

impl Products {
    /// As many sample products as a list shows, so that a list has the same size from the first request on.
    pub(super) fn new() -> Self {
        let mut all = Shelf::new(1, ROOM);
        for _ in 0..LISTED {
            all.add(|id| Product {
                id,
                sku: Text(format!("SAMPLE-{id:02}")),
                name: Text(format!("Sample product {id}")),
                price: id as f64 + 0.99,
                stock: 1_000,
            });
        }
        Self { all: Mutex::new(all) }
    }

    /// Takes `quantity` from the stock and gives the price of one, or says why not.
    pub(super) fn take(&self, id: u64, quantity: u32) -> Result<f64, Problem> {
        let mut all = self.lock();
        let product = all.find_mut(id).ok_or_else(|| Problem::unknown("product"))?;
        product.enough(quantity)?;
        product.stock -= i64::from(quantity);
        Ok(product.price)
    }

    /// The first half of [`Products::take`]: looks, and takes nothing.
    pub(super) fn look(&self, id: u64, quantity: u32) -> Result<(), Problem> {
        self.lock().find(id).ok_or_else(|| Problem::unknown("product"))?.enough(quantity)
    }

    /// The second half of [`Products::take`]: takes, and does not look.
    pub(super) fn take_unseen(&self, id: u64, quantity: u32) -> Result<f64, Problem> {
        let mut all = self.lock();
        let product = all.find_mut(id).ok_or_else(|| Problem::unknown("product"))?;
        product.stock -= i64::from(quantity);
        Ok(product.price)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf<Product>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Product {
    fn enough(&self, quantity: u32) -> Result<(), Problem> {
        if self.stock < i64::from(quantity) { Err(Problem::conflict("out of stock")) } else { Ok(()) }
    }
}

/// The body of [`create`].
#[derive(Deserialize)]
pub(super) struct NewProduct {
    sku: Text,
    name: Text,
    price: f64,
    stock: u32,
}

/// `GET /products/`: the latest products.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<Product>> {
    Json(app.products.lock().latest(LISTED).cloned().collect())
}

/// `GET /products/{id}`: 200 or 404.
pub(super) async fn show(State(app): State<Arc<App>>, id: Segment) -> Result<Json<Product>, Problem> {
    let id = id.number("product")?;
    app.products.lock().find(id).cloned().map(Json).ok_or_else(|| Problem::unknown("product"))
}

/// `POST /products/`: 201 with the product.
pub(super) async fn create(State(app): State<Arc<App>>, Body(new): Body<NewProduct>) -> Result<(StatusCode, Json<Product>), Problem> {
    if new.price < 0.0 {
        return Err(Problem::unacceptable("a price is not below zero"));
    }
    let product = |id| Product { id, sku: new.sku, name: new.name, price: new.price, stock: i64::from(new.stock) };
    let mut all = app.products.lock();
    let (id, _) = all.add(product);
    all.find(id).cloned().map(|product| (StatusCode::CREATED, Json(product))).ok_or_else(|| Problem::unknown("product"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::demo::testing::Running;

    #[tokio::test]
    async fn a_product_is_made_and_found_and_first_in_the_list() {
        let demo = Running::start(&[]).await;
        let (status, made) = demo.post("/products/", json!({ "sku": "LAST-1", "name": "Last item", "price": 9.99, "stock": 5 })).await;
        let expected = json!({ "id": 21, "sku": "LAST-1", "name": "Last item", "price": 9.99, "stock": 5 });
        assert_eq!((status, &made), (201, &expected));
        assert_eq!(demo.get("/products/21").await, (200, expected.clone()));
        let (_, list) = demo.get("/products/").await;
        assert_eq!((list.as_array().unwrap().len(), &list[0]), (20, &expected));
        for path in ["/products/22", "/products/none", "/products/-1"] {
            assert_eq!(demo.get(path).await, (404, json!({ "detail": "no such product" })));
        }
    }

    #[tokio::test]
    async fn a_product_without_a_right_price_or_stock_is_refused() {
        let demo = Running::start(&[]).await;
        for (price, stock) in [(json!(-1), json!(5)), (json!("9.99"), json!(5)), (json!(9.99), json!(-5))] {
            let body = json!({ "sku": "A", "name": "A", "price": price, "stock": stock });
            assert_eq!(demo.post("/products/", body).await.0, 422);
        }
    }
}

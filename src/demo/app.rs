//! Everything the demo has in memory.

use super::accounts::Accounts;
use super::auth::Tokens;
use super::courses::Courses;
use super::defect::Defects;
use super::faults::Faults;
use super::generation::Generation;
use super::orders::Orders;
use super::payments::Payments;
use super::products::Products;
use super::stats::Stats;
use super::students::Students;
use crate::units::Micros;

/// How many things a list shows at most, so that an answer has the same size however long the demo runs.
pub(super) const LISTED: usize = 20;

/// The state that all handlers share. Every store has a lock of its own, held only between two awaits.
pub(super) struct App {
    pub(super) stats: Stats,
    pub(super) faults: Faults,
    pub(super) oversell: bool,
    pub(super) tokens: Tokens,
    pub(super) accounts: Accounts,
    pub(super) products: Products,
    pub(super) orders: Orders,
    pub(super) students: Students,
    pub(super) courses: Courses,
    pub(super) generation: Generation,
    pub(super) payments: Payments,
}

impl App {
    /// A demo at its beginning: the sample data is there, and nothing was counted.
    pub(super) fn new(work: Micros, defects: &Defects, jwt_secret: Option<&str>) -> Self {
        Self {
            stats: Stats::default(),
            faults: Faults::new(work, defects),
            oversell: defects.oversell,
            tokens: Tokens::new(jwt_secret),
            accounts: Accounts::new(),
            products: Products::new(),
            orders: Orders::new(),
            students: Students::new(),
            courses: Courses::new(),
            generation: Generation::new(),
            payments: Payments::new(),
        }
    }
}

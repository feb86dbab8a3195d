//! Connections that several users share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Mutex;

use super::connection::Connection;
use crate::engine::dial::Origin;
use crate::engine::failure::Failure;

/// The shared connections of a thread: so many to each origin, taken in turns, and opened when they are needed.
#[derive(Debug)]
pub(in crate::engine) struct SharedConnections {
    most: usize,
    /// Few: one for the target, and one for each host that a redirect or an absolute address leads to.
    places: RefCell<Vec<(Rc<Origin>, Rc<Places>)>>,
}

#[derive(Debug)]
struct Places {
    next: Cell<usize>,
    connections: Vec<Mutex<Option<Connection>>>,
}

impl SharedConnections {
    /// At most `most` connections to each origin, at least one.
    pub(in crate::engine) fn new(most: usize) -> Self {
        Self { most: most.max(1), places: RefCell::default() }
    }

    /// The next connection in turn where it still stands; otherwise whoever comes first opens it, and the others wait.
    ///
    /// # Errors
    /// Those of `open`.
    pub(in crate::engine) async fn next(
        &self,
        origin: &Rc<Origin>,
        open: impl AsyncFnOnce() -> Result<Connection, Failure>,
    ) -> Result<Connection, Failure> {
        let places = self.places(origin);
        let turn = places.next.get();
        places.next.set((turn + 1) % self.most);
        let mut place = places.connections[turn].lock().await;
        if let Some(connection) = place.as_ref().filter(|connection| connection.is_usable()) {
            // It has been in use since it was opened, whoever used it.
            return Ok(connection.clone().in_use());
        }
        let connection = open().await?;
        *place = Some(connection.clone());
        Ok(connection)
    }

    /// Opens connections again that died while nobody used them, or all of them where `renew` says so. What can't be opened is
    /// opened, or fails, when it is needed.
    pub(in crate::engine) async fn look_after(&self, renew: bool, open: impl AsyncFn(&Rc<Origin>) -> Result<Connection, Failure>) {
        let known = self.places.borrow().clone();
        for (origin, places) in known {
            for place in &places.connections {
                let mut place = place.lock().await;
                let is_dead = |connection: &Connection| renew || !connection.is_usable();
                if place.as_ref().is_some_and(is_dead) {
                    // First closed, then opened: as few as ever are open.
                    *place = None;
                    *place = open(&origin).await.ok();
                }
            }
        }
    }

    fn places(&self, origin: &Rc<Origin>) -> Rc<Places> {
        let mut known = self.places.borrow_mut();
        if let Some((_, places)) = known.iter().find(|(of, _)| Rc::ptr_eq(of, origin) || of == origin) {
            return places.clone();
        }
        let connections = (0..self.most).map(|_| Mutex::default()).collect();
        let places = Rc::new(Places { next: Cell::new(0), connections });
        known.push((origin.clone(), places.clone()));
        places
    }
}

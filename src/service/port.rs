//! Which port the service is told to listen on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use super::error::ServiceError;
use crate::plan::PortPlan;

/// Ports already given out by this process: two services that start side by side never get the same one.
static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());

/// How often the system is asked before giving up; it hands out another port nearly every time.
const ATTEMPTS: usize = 64;

/// The port to export as `PORT` and to put for `${PORT}`; none where the scenario doesn't say.
///
/// A free port is one the system has just given for 127.0.0.1. It is free again until the service takes it, so another
/// program could be faster; a port is never given out twice by the same process.
pub fn choose_port(plan: PortPlan) -> Result<Option<u16>, ServiceError> {
    match plan {
        PortPlan::Unset => Ok(None),
        PortPlan::Fixed(port) => Ok(Some(port)),
        PortPlan::Auto => free_port().map(Some).map_err(ServiceError::Port),
    }
}

fn free_port() -> std::io::Result<u16> {
    let mut given = GIVEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Those refused stay bound until one is found: otherwise the system may offer the same again.
    let mut refused = Vec::new();
    for _ in 0..ATTEMPTS {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        if !given.contains(&port) {
            given.push(port);
            return Ok(port);
        }
        refused.push(listener);
    }
    Err(std::io::Error::new(std::io::ErrorKind::AddrNotAvailable, "every port the system offered was given out before"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_free_port_is_given_out_once() {
        let ports: Vec<u16> = (0..50).map(|_| choose_port(PortPlan::Auto).unwrap().unwrap()).collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 50, "{ports:?}");
    }

    #[test]
    fn a_fixed_port_is_taken_as_it_is() {
        assert_eq!(choose_port(PortPlan::Fixed(8000)).unwrap(), Some(8000));
        assert_eq!(choose_port(PortPlan::Unset).unwrap(), None);
    }
}

//! One finished request.

use super::category::ErrorCategory;
use crate::units::Micros;

/// One finished request of the load.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Index of the endpoint in the plan.
    pub endpoint: u32,
    /// When it should have been sent, on the arm's clock.
    pub intended: Micros,
    /// Intended start to last byte: what a user of the service waits.
    pub response_time: Micros,
    /// First byte out to last byte, over all hops where redirects were followed; zero where nothing was sent.
    pub service_time: Micros,
    /// The parts of the time.
    pub phases: Phases,
    /// Success, or why not.
    pub outcome: Outcome,
    /// The status of the answer; zero where there was none.
    pub status: u16,
    /// Bytes received: head and body as they came over the wire.
    pub bytes_in: u64,
    /// Bytes sent: head and body.
    pub bytes_out: u64,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A good status, and every check held.
    Ok,
    /// Anything else.
    Failed(ErrorCategory),
}

/// Parts of a request's time; those of a connection are there only where one was opened for it. Where redirects were
/// followed, each is the sum of all hops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Name resolution.
    pub dns: Option<Micros>,
    /// The TCP handshake.
    pub connect: Option<Micros>,
    /// The TLS handshake.
    pub tls: Option<Micros>,
    /// From sent to the first byte of the answer.
    pub wait: Option<Micros>,
    /// From the first byte to the last.
    pub receive: Option<Micros>,
}

impl Phases {
    /// Adds those of another hop.
    pub fn add(&mut self, hop: &Self) {
        let sum = |all: &mut Option<Micros>, part: Option<Micros>| {
            if let Some(part) = part {
                *all = Some(all.unwrap_or_default() + part);
            }
        };
        sum(&mut self.dns, hop.dns);
        sum(&mut self.connect, hop.connect);
        sum(&mut self.tls, hop.tls);
        sum(&mut self.wait, hop.wait);
        sum(&mut self.receive, hop.receive);
    }
}

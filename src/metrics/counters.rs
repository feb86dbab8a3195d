//! Plain counts of a run.

/// Plain counts, of a tick or of the whole run. Requests and failures are counted per endpoint instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whole passes through a task.
    pub iterations: u64,
    /// Iterations that ended early.
    pub iterations_cut: u64,
    /// Arrivals dropped.
    pub dropped: u64,
    /// Requests sent again on a new connection.
    pub reconnects: u64,
    /// Redirects followed in the load.
    pub redirects: u64,
    /// Requests really sent in the load, redirects not counted.
    pub sent_load: u64,
    /// Requests really sent in the warm-up, redirects not counted.
    pub sent_warmup: u64,
    /// Redirects followed in load and warm-up: they were sent too.
    pub sent_redirects: u64,
    /// Connections that the generator's own system refused: no more open files, no more ports.
    pub exhausted: u64,
    /// Requests of the load that the generator's own system didn't take at once.
    pub held_back: u64,
    /// Requests of load and warm-up, redirects among them, that went out over HTTP/2.
    pub http2: u64,
}

impl Counters {
    /// All requests that went out, of load and warm-up, redirects among them.
    pub fn sent(&self) -> u64 {
        self.sent_load + self.sent_warmup + self.sent_redirects
    }

    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        self.iterations += other.iterations;
        self.iterations_cut += other.iterations_cut;
        self.dropped += other.dropped;
        self.reconnects += other.reconnects;
        self.redirects += other.redirects;
        self.sent_load += other.sent_load;
        self.sent_warmup += other.sent_warmup;
        self.sent_redirects += other.sent_redirects;
        self.exhausted += other.exhausted;
        self.held_back += other.held_back;
        self.http2 += other.http2;
    }
}

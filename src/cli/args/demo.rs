//! What the sample API is told.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use clap::Args;

use crate::demo::Defect;
use crate::units::Micros;

#[derive(Debug, Args)]
pub(in crate::cli) struct DemoArgs {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "LOADLINE_LISTEN")]
    pub(in crate::cli) listen: SocketAddr,

    /// Defect to switch on, such as `slow=5%`, `tail=5%`, `delay=5ms`, `errors=2%`, `leak=1MiB/s`, `stall=200ms/5s` or `oversell`; again for more
    #[arg(long = "defect", value_name = "DEFECT", env = "LOADLINE_DEFECT", value_delimiter = ',')]
    pub(in crate::cli) defects: Vec<Defect>,

    /// Threads that work
    #[arg(long, value_name = "N", default_value = "1", env = "LOADLINE_WORKERS")]
    pub(in crate::cli) workers: NonZeroUsize,

    /// CPU work of a request, as long as it takes on a core of 3.7 GHz
    #[arg(long, value_name = "TIME", default_value = "1.2ms", env = "LOADLINE_WORK")]
    pub(in crate::cli) work: Micros,
}

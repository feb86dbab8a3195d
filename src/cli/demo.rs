//! `loadline demo`.

use std::process::ExitCode;

use super::args::DemoArgs;
use super::console;
use super::failure::Failure;
use super::interrupt::Interrupts;
use crate::demo::{Defects, Demo, DemoOptions};

/// Serves the sample API until it is interrupted.
pub(super) fn demo(args: DemoArgs) -> Result<ExitCode, Failure> {
    let defects = Defects::new(args.defects).map_err(|error| Failure::usage(Failure::chain(&error)))?;
    let jwt_secret = std::env::var("JWT_SECRET").ok();
    let options = DemoOptions { listen: args.listen, defects, jwt_secret, workers: args.workers, work: args.work };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::trouble(format!("failed to start a runtime: {error}")))?;
    runtime.block_on(async {
        let trouble = |error: &dyn std::error::Error| Failure::trouble(format!("failed to {}", Failure::chain(error)));
        let demo = Demo::bind(options).await.map_err(|error| trouble(&error))?;
        // Before the line that tells others that it is there, and can be stopped.
        let mut interrupts = Interrupts::new().map_err(|error| Failure::trouble(format!("failed to listen for Ctrl-C: {error}")))?;
        console::print(&format!("listening on http://{}\n", demo.address()))?;
        let stop = async move { interrupts.wait().await };
        demo.serve(stop).await.map_err(|error| trouble(&error))?;
        Ok(ExitCode::SUCCESS)
    })
}

//! One whole run, from the start of the service to the record.

mod base;
mod capacity;
mod container;
mod context;
mod describe;
mod limits;
mod machine;
mod masking;
mod paired;
mod recording;
mod rejudge;
mod run;
mod service_use;
mod steering;
mod usage;

pub use base::{Base, BaseError, BaseMode, BaseQuestion, BaseWish};
pub use context::{RunContext, default_branch, folder_in_repository};
pub use describe::load as describe_load;
pub use machine::machine;
pub use masking::mask_record;
pub use paired::{PairedMeasured, PairedOptions, measure_paired};
pub use rejudge::{is_load_of, rejudged};
pub use run::{ConductOptions, Measured, News, measure};
pub use steering::Steering;

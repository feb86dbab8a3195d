//! What runs: a scenario resolved for one environment and profile, every text compiled, every name an index.
//!
//! A plan is immutable and shared by all generator threads. It knows nothing of YAML; [`crate::config`] knows nothing
//! of it. What can be wrong with a scenario is found while the plan is made, before any load is sent.

mod answer;
mod capture;
mod check;
mod class;
mod endpoint;
mod feed;
mod load;
mod program;
mod resolved;
mod scope;
mod service;
mod target;
mod template;
mod threshold;

pub use answer::Answer;
pub use capture::CapturePlan;
pub use check::{CheckId, CheckInfo, CheckVerdict, ChecksPlan};
pub use class::{ClassPlan, TaskPlan, ThinkTime};
pub use endpoint::{EndpointId, EndpointPlan};
pub use feed::Feed;
pub use load::{ArrivalKind, CapacityPlan, ClosedLoad, LoadPlan, OpenLoad, Population, RateShape, Stage};
pub use program::{BarrierPlan, BodyPlan, FilePart, MultipartPart, PartContent, Program, RequestPlan, Step};
pub use resolved::{HttpPlan, Plan, ThresholdPlan, ThresholdScope};
pub use scope::{Scope, SlotId, Slots};
pub use service::{PortPlan, ReadyPlan, ReadyProbe, ServicePlan};
pub use target::{Target, TargetError};
pub use template::{JsonTemplate, RenderError, Template, ValueTemplate};
pub use threshold::{Limit, Metric, Op, Phase, ServiceMetric, Severity, StatusClass, Threshold, ThresholdError, TimeStatistic};

//! The elements of the language, one a file: what their keys are, what they take, and which exclude each other.

mod auth;
mod barrier;
mod body;
mod capture;
mod check;
mod class;
mod document;
mod feed;
mod http;
mod load;
mod paired;
mod sections;
mod service;
mod step;
mod task;
mod think;
mod threshold;
mod tls;

pub use auth::{AuthConfig, BasicConfig};
pub use barrier::{BarrierConfig, BarrierSettings};
pub use body::{BodyConfig, PartConfig, PartSettings};
pub use capture::CapturesConfig;
pub use check::CheckConfig;
pub use class::ClassConfig;
pub use document::{DocumentConfig, HeadConfig};
pub use feed::{ExhaustedConfig, FeedConfig, PickConfig, ValuesConfig};
pub use http::{HttpConfig, VersionConfig};
pub use load::{ArrivalsConfig, CapacityConfig, LoadConfig, StageConfig};
pub use paired::{PairedConfig, PairedLoadConfig};
pub use sections::SectionsConfig;
pub use service::{PortConfig, ReadyConfig, ServiceConfig};
pub use step::{MethodConfig, RequestConfig, StepConfig, StepKeys, StepKind};
pub use task::{TaskConfig, TaskHead};
pub use think::{ThinkConfig, ThinkSettings};
pub use threshold::{SeverityConfig, ThresholdConfig, ThresholdSettings};
pub use tls::{TlsConfig, TlsVersionConfig};

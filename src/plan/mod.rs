//! What runs: a scenario resolved for one environment and profile, every text compiled, every name an index.
//!
//! A plan is immutable and shared by all generator threads. Only [`compile`] knows the scenario as it is written;
//! [`crate::config`] knows nothing of plans. What can be wrong with a scenario is found while the plan is made, before any load is sent.

mod answer;
mod apportion;
mod capture;
mod check;
mod class;
mod compile;
mod endpoint;
mod feed;
mod http;
mod json_path;
mod json_scan;
mod load;
mod paired;
mod program;
mod proxy;
mod regression;
mod resolved;
mod scope;
mod service;
mod source_error;
mod suggest;
mod target;
mod template;
mod threshold;
mod tls;
mod waiver;

pub use answer::Answer;
pub use apportion::apportion;
pub use capture::{CapturePlan, CaptureSource};
pub use check::{CheckId, CheckInfo, CheckPlan, CheckVerdict, ChecksPlan, Predicate, StatusRule};
pub use class::{ClassPlan, TaskPlan, ThinkTime};
pub use compile::{CompileOptions, Loaded, UrlRun, compile, from_text, from_url, load};
pub use endpoint::{EndpointId, EndpointPlan};
pub use feed::{Feed, FeedError, OnExhausted, Pick, rows_from_csv, rows_from_json, rows_from_list, rows_from_text};
pub use http::{HttpPlan, HttpVersion};
pub use json_path::JsonPath;
pub use load::{ArrivalKind, CapacityPlan, ClosedLoad, LoadPlan, OpenLoad, Population, RateShape, Stage};
pub use paired::{BasePlan, PairedLoad, PairedPlan};
pub use program::{BarrierPlan, BodyPlan, FilePart, MultipartPart, PartContent, Program, RequestPlan, Step};
pub use proxy::{NoProxy, Proxy, ProxyError, ProxyPlan};
pub use regression::{BaselinePlan, RegressionError, RegressionFigure, RegressionLimit, RegressionRule};
pub use resolved::{Plan, ThresholdPlan, ThresholdScope};
pub use scope::{Scope, SlotId, Slots};
pub use service::{PortPlan, ReadyPlan, ReadyProbe, ServicePlan};
pub use source_error::SourceError;
pub use target::{Target, TargetError};
pub use template::{Compiler, JsonTemplate, NameUse, RenderError, Template, ValueTemplate};
pub use threshold::{
    Limit, Metric, MetricUnit, Op, Phase, ServiceMetric, Severity, StatusClass, Threshold, ThresholdError, TimeStatistic, format_value,
};
pub use tls::{Identity, TlsError, TlsPlan, TlsVersion, certificates};
pub use waiver::Waiver;

//! The sections of a scenario.

use super::baseline::BaselineConfig;
use super::class::ClassConfig;
use super::feed::FeedConfig;
use super::http::HttpConfig;
use super::load::LoadConfig;
use super::paired::PairedConfig;
use super::service::ServiceConfig;
use super::step::StepConfig;
use super::threshold::ThresholdConfig;
use super::tls::TlsConfig;
use crate::config::reader::{Map, OneOrMany, Spanned, Text, Whole, element};
use crate::units::{Bytes, Micros};

element! {
    /// What an environment replaces, key by key, as a whole.
    "environment", "a mapping such as `{ target: https://staging.example.com }`";
    pub struct SectionsConfig {
        /// The address under load, or `unix:/path/of/a.sock`.
        "target" target: Text => optional,
        /// A file with values for `${VAR}`, relative to the scenario; never an error when it is missing.
        "env_file" env_file: Text => optional,
        /// The system under test, where loadline starts or watches it.
        "service" service: ServiceConfig => optional,
        /// Tables of data.
        "data" data: Map<FeedConfig> => optional,
        /// Done once, before the load, in order. What it captures every user sees.
        "setup" setup: Vec<Spanned<StepConfig>> => optional,
        /// The user classes.
        "users" users: Map<ClassConfig> => optional,
        /// Done once, after the load: what must hold then, or the run fails.
        "verify" verify: Vec<Spanned<StepConfig>> => optional,
        /// Done once, after everything, whatever happened.
        "teardown" teardown: Vec<Spanned<StepConfig>> => optional,
        /// The load; a file has this or `profiles`.
        "load" load: LoadConfig => optional,
        /// Loads with names.
        "profiles" profiles: Map<LoadConfig> => optional,
        /// The profile that runs; `--profile` picks another.
        "profile" profile: Text => default "the only one",
        /// How two versions of the service are compared side by side.
        "paired" paired: PairedConfig => optional,
        /// What decides: thresholds by scope. A scope is `all`, `each`, `service`, a user class, an endpoint or a tag.
        "thresholds" thresholds: Map<OneOrMany<ThresholdConfig>> => optional,
        /// What a run is compared with, and what counts as worse.
        "baseline" baseline: BaselineConfig => optional,
        /// How long a request may take.
        "timeout" timeout: Micros => default "30s",
        /// How long it may take to connect: name, connection and encryption together.
        "connect_timeout" connect_timeout: Micros => default "10s",
        /// Larger answers are failures.
        "max_body" max_body: Bytes => default "64MiB",
        /// How many redirects are followed; `0` takes the redirect itself as the answer.
        "redirects" redirects: Whole<0, 10> => default "10",
        /// Whether users keep cookies, the newest 180 of a domain.
        "cookies" cookies: bool => default "true",
        /// Whether compressed answers are asked for and decoded.
        "decompress" decompress: bool => default "true",
        /// What is spoken, and over which connections.
        "http" http: HttpConfig => optional,
        /// How encrypted connections are made.
        "tls" tls: TlsConfig => optional,
        /// Where all random numbers come from; `--seed` wins.
        "seed" seed: Whole<0, { u64::MAX }> => default "another one each time",
    }
}

//! From a scenario to a plan: names become indexes, texts become templates, and what can't work is said before any load.

#[cfg(test)]
mod arbitrary;
mod baseline;
mod body;
mod checks;
mod classes;
mod compiling;
mod data;
mod declared;
mod digest;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod golden;
mod headers;
mod http;
mod known;
mod load;
mod loaded;
mod paired;
mod requests;
mod service;
mod settings;
mod steps;
mod target;
#[cfg(test)]
mod tests;
mod thresholds;
mod url_run;
mod written;

pub use compiling::{CompileOptions, compile};
pub use loaded::{Loaded, from_text, load};
pub use url_run::{UrlRun, from_url};

//! What a run is compared with, and what counts as worse.

use serde_json::json;

use crate::config::reader::{Map, Read, Reader, Schema, Text, Whole, element, words};
use crate::config::yaml::{Kind, Node};

element! {
    /// What a run is compared with, and what counts as worse.
    "baseline", "a mapping such as `{ regression: { p95: 10% and 2ms } }`";
    pub struct BaselineConfig {
        /// How runs are compared; `--comparison` wins.
        "mode" mode: ComparisonConfig => default "auto",
        /// Where stored records are, as `--store` takes it; a folder is relative to the one that loadline runs in.
        "store" store: Text => default "`baselines`, where it exists",
        /// The branch whose records are compared with; `--baseline-branch` wins.
        "branch" branch: Text => default "the default branch",
        /// How many stored records are compared with at most, the newest ones.
        "records" records: Whole<1, 30> => default "30",
        /// What counts as a regression, by figure: `p50` and any other percentile, `throughput`, `error_rate`. A share, with `and` the least change in the figure's own unit; points for the error rate; `advisory`: shown only.
        "regression" regression: Map<Text> => optional,
        /// The same for single endpoints, by their names; `advisory` for all figures of one.
        "endpoints" endpoints: Map<EndpointRulesConfig> => optional,
        /// What it means that a change can't be told from noise.
        "on_inconclusive" on_inconclusive: StanceConfig => default "neutral",
        /// What it means that there is nothing to compare with.
        "on_missing_baseline" on_missing_baseline: StanceConfig => default "neutral",
        /// What a baseline may do that was made on another machine.
        "on_other_machine" on_other_machine: OtherMachineConfig => default "advisory",
    }
}

words! {
    /// How runs are compared.
    pub enum ComparisonConfig {
        /// Side by side where a base is named, else with stored records.
        Auto = "auto",
        /// Side by side with a base only.
        Paired = "paired",
        /// With stored records only.
        History = "history",
        /// Not at all.
        None = "none",
    }
}

words! {
    /// What an unclear outcome means.
    pub enum StanceConfig {
        /// Shown as neither good nor bad.
        Neutral = "neutral",
        /// A success.
        Pass = "pass",
        /// A failure.
        Fail = "fail",
    }
}

words! {
    /// What a baseline of another machine may do.
    pub enum OtherMachineConfig {
        /// Be shown.
        Advisory = "advisory",
        /// Judge.
        Judge = "judge",
    }
}

/// What counts as a regression of one endpoint.
#[derive(Debug, Clone)]
pub enum EndpointRulesConfig {
    /// A word for all its figures.
    All(Text),
    /// By figure.
    Figures(Map<Text>),
}

impl Read for EndpointRulesConfig {
    fn form() -> String {
        "`advisory`, or a mapping such as `{ p95: 20% }`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => Map::read(node, reader).map(Self::Figures),
            Kind::Sequence(_) => reader.wrong(node, &Self::form()),
            Kind::Scalar(_) => {
                reader.is_public(node);
                Text::read(node, reader).map(Self::All)
            }
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let figures = Map::<Text>::schema(schema);
        json!({ "anyOf": [{ "type": "string" }, figures] })
    }
}

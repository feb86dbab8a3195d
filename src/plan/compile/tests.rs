//! Scenarios and the plans they make.

use std::path::Path;

use super::{CompileOptions, Loaded, load};
use crate::config::Overrides;

fn example(name: &str, overrides: &Overrides, environment: &[(&str, &str)]) -> Loaded {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios").join(name);
    let process = environment.iter().copied().collect();
    load(&file, overrides, &process, CompileOptions { strict_env: true })
        .unwrap_or_else(|problems| panic!("{}", crate::text::render(&problems)))
}

#[test]
fn the_examples_make_plans() {
    for name in ["capacity", "courses", "platform", "race", "recommendations", "shop", "students"] {
        let loaded = example(&format!("{name}.yml"), &Overrides::default(), &[("JWT_SECRET", "s3cret-of-a-test")]);
        assert_eq!(loaded.plan.name, name);
        assert_eq!(loaded.plan.digest.len(), 64);
    }
}

//! The first command that anybody types.

use crate::support::{Folder, sent};

#[test]
fn the_demo_shows_everything_and_passes_on_any_machine() {
    let folder = Folder::new();
    let short = ["run", "--demo", "--duration", "2s"];
    let first = folder.loadline(short).env("LOADLINE_ON_SATURATION", "").exits_with(0);
    assert!(first.verdict().starts_with("PASSED  demo: 2 of 2 thresholds held; 1 of 1 verify step held"), "{first}");
    assert_eq!(folder.names("loadline-report"), ["comment.md", "junit.xml", "record.json", "report.html", "service.log", "summary.md"]);
    let record = folder.record();
    assert_eq!(record["service"]["found_by"], "command");
    assert!(sent(&record) > 10);
    assert!(first.stdout.contains("Repeat: loadline run --demo --duration 2s --seed "), "{first}");
    folder.loadline(["baseline", "save"]).exits_with(0);
    let second = folder.loadline(short).exits_with(0);
    let comparison = &folder.record()["comparison"];
    assert_eq!((&comparison["advisory"], &comparison["records"]), (&true.into(), &1.into()), "{comparison:#}");
    assert!(second.stdout.contains("Against the baseline: "), "{second}");
}

#[test]
fn the_demo_takes_no_file_and_no_target() {
    for args in [["--demo", "x.yml"].as_slice(), &["--demo", "--target", "http://127.0.0.1:1"]] {
        let output = Folder::new().loadline(["run"]).args(args.iter().copied()).exits_with(2);
        assert!(output.stderr.contains("cannot be used with"), "{output}");
    }
}

//! A service compared with itself.

use crate::support::{Demo, Folder, eventually};

const STUDENTS: &str = "\
name: students
target: http://127.0.0.1:1
users: { reader: { tasks: [{ get: /students }] } }
load: { users: 2, duration: 1s }
";

/// What a busy machine may do to a short run is no matter here: what is counted is.
const SHORT: [&str; 6] = ["--budget", "4s", "--store", "kept", "--on-saturation", "warn"];

#[test]
fn runs_of_one_version_are_counted_kept_and_quoted_later() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", STUDENTS);
    let asked = ["calibrate", "--runs", "2", "--target", &demo.url(), "--out", "out", "--json", "r.json"];
    let output = folder.loadline(asked).args(SHORT).exits_with(0);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[0].starts_with("run 1 of 2: ") && lines[1].starts_with("run 2 of 2: "), "{output}");
    let quoted = "false alarms of this gate on this repository: ";
    assert!(lines[2].starts_with(quoted), "{output}");
    let kept = folder.names("kept/.calibration/students").len();
    assert!(lines[2].contains(&format!(" of {kept}")) && kept > 0, "{output}");

    let report = folder.names("out");
    for file in ["record-students.json", "record-students-2.json", "report.html", "blocks.jsonl.gz", "blocks-2.jsonl.gz"] {
        assert!(report.iter().any(|name| name == file), "{file} is not in {report:?}");
    }
    assert!(folder.path("r.json").exists() && folder.path("r-2.json").exists());

    // A run of one version against itself counts too, and says what was known before it.
    let again = folder.loadline(["run", "-q", "--target", &demo.url(), "--base", &demo.url()]).args(SHORT).run();
    let note = folder.record()["comparison"]["note"].as_str().unwrap_or_default().to_owned();
    assert!(note.contains(lines[2]), "{note}: {again}");
    assert_eq!(folder.names("kept/.calibration/students").len(), kept + 1);
    let listed = folder.loadline(["baseline", "list", "--store", "kept"]).exits_with(0);
    assert_eq!((listed.stderr.as_str(), listed.stdout.contains("calibration")), ("", false), "{listed}");
}

#[test]
fn an_interrupt_of_the_first_run_is_one() {
    let demo = Demo::start();
    let folder = Folder::new();
    folder.write("loadline.yml", STUDENTS);
    let run = folder.loadline(["calibrate", "--target", &demo.url(), "--budget", "10m", "--store", "kept"]).start();
    eventually("the load begins", || demo.requests() > 5);
    run.interrupt();
    let output = run.wait();
    assert_eq!(output.code, 130, "{output}");
    assert!(output.stdout.ends_with("interrupted before any run could be counted: nothing is known of the gate\n"), "{output}");
    assert_eq!(folder.record()["summary"]["verdict"], "interrupted");
}

#[test]
fn a_base_of_its_own_and_a_service_that_is_not_there_are_refused() {
    let folder = Folder::new();
    folder.write("loadline.yml", STUDENTS);
    let output = folder.loadline(["calibrate", "--base", "http://127.0.0.1:1"]).exits_with(2);
    assert!(output.stderr.starts_with("error: `calibrate` compares your service with itself\n"), "{output}");
    let output = folder.loadline(["calibrate", "--runs", "1"]).args(SHORT).exits_with(3);
    assert!(output.stderr.contains("no run could be counted, so nothing is known of the gate"), "{output}");
    assert!(!folder.path("kept").exists());
}

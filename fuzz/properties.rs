//! What has to hold for any bytes whatever: the bodies of the fuzz targets, which `cargo test` runs over the corpora.
//!
//! Each takes the bytes of an input and panics when something doesn't hold.

use std::io::Write as _;
use std::path::Path;

use loadline::config::{Overrides, ProcessEnv};
use loadline::engine::inside::{Reading, read_answer};
use loadline::plan::{self, CompileOptions, Threshold};
use loadline::record::{Blocks, Record};
use loadline::report::{self, CommentOptions};
use loadline::text;

/// A target's name, and what it does with its input.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const TARGETS: &[Target] =
    &[("threshold", threshold), ("scenario", scenario), ("record", record), ("blocks", blocks), ("response", response)];

/// A threshold that can be read reads the same from its own text; a message points into the text.
pub(crate) fn threshold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Threshold::parse(text) {
        Ok(read) => assert_eq!(Threshold::parse(&read.expression).as_ref(), Ok(&read)),
        Err(error) => {
            let (start, length) = error.span;
            assert!(text.get(start..start + length).is_some(), "`{error}` points at {length} bytes from {start} of {text:?}");
        }
    }
}

/// A scenario is a plan, or there is at least one problem, and each can be shown with its place.
pub(crate) fn scenario(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let options = CompileOptions::default();
    let folder = Path::new("a/folder/that/is/not/there");
    if let Err(problems) = plan::from_text("fuzzed.yml", text, folder, &Overrides::default(), &ProcessEnv::default(), options) {
        assert!(!problems.is_empty());
        let shown = text::render(&problems);
        assert!(problems.iter().all(|problem| !problem.message.is_empty() && shown.contains("fuzzed.yml")), "{shown}");
    }
}

/// A record that can be read is written and read again as it was, and every report can be made of it.
pub(crate) fn record(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(record) = Record::from_json(text, Path::new("fuzzed.json")) else { return };
    let written = record.to_json();
    let again = Record::from_json(&written, Path::new("again.json")).expect("what was written can be read");
    assert_eq!(again.to_json(), written);
    let records = [record];
    let comment = report::markdown_comment(&records, &CommentOptions::default());
    assert!(comment.len() <= 60_000, "a comment of {} bytes", comment.len());
    let markup = [
        report::html(&records),
        report::junit(&records),
        report::job_summary(&records),
        report::annotation_commands(&report::Annotation::of(&records)),
    ];
    assert!(markup.iter().all(|text| !text.contains("<script>alert")));
    let _ = report::locust_csv(&records[0]);
}

/// Blocks that can be read are written and read again as they were. The input is the file unpacked.
pub(crate) fn blocks(input: &[u8]) {
    let Ok(read) = Blocks::read(packed(input).as_slice()) else { return };
    let mut file = Vec::new();
    read.write(&mut file).expect("memory takes everything");
    assert_eq!(Blocks::read(file.as_slice()).expect("what was written can be read"), read);
}

/// Bytes of a server are an answer or are none however they are cut into pieces, what stands behind the answer is no part
/// of it, and no more memory is taken than they have bytes, but for what a body that is announced is given at once.
pub(crate) fn response(input: &[u8]) {
    for (is_head, max_body) in [(false, 1 << 20), (true, 1 << 20), (false, 16)] {
        let read = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let Reading { answer, held } = read_answer(pieces, is_head, max_body);
            let most = 4 * input.len() + (max_body as usize).min(64 << 10) + 64;
            assert!(held <= most, "{held} bytes are held for {} that came", input.len());
            answer.ok()
        };
        let whole = read(&mut std::iter::once(input));
        for size in [1, 2, 3, 7, 100] {
            assert_eq!(read(&mut input.chunks(size)), whole, "in pieces of {size}");
        }
        if let Some(answer) = &whole {
            assert!(answer.body.len() as u64 <= max_body && (!is_head || answer.body.is_empty()));
            assert_eq!(read(&mut std::iter::once(&input[..answer.length])), whole, "without what stands behind it");
        }
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(bytes).expect("memory takes everything");
    packed.finish().expect("memory takes everything")
}

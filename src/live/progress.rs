//! Progress, however it is shown.

use std::io::{IsTerminal, Write};

use indicatif::ProgressDrawTarget;

use super::bar::Bar;
use super::line::{line, phase};
use crate::metrics::Snapshot;
use crate::text::plain;
use crate::units::Micros;

/// How often a terminal is drawn, per second: as often as figures can be read.
const REFRESH: u8 = 10;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressKind {
    /// One line of a terminal, drawn over itself.
    Bar,
    /// A plain line at every change of stage and whenever so much time of the run has passed: for logs.
    Lines(Micros),
    /// Nothing.
    Silent,
}

/// What to show, and how.
#[derive(Debug, Clone)]
pub struct ProgressOptions {
    /// The scenario's name, in front of every line; foreign.
    pub name: String,
    /// How it is shown.
    pub kind: ProgressKind,
}

impl ProgressOptions {
    /// What suits standard error: a bar on a terminal, a line every ten seconds elsewhere, nothing when quiet.
    pub fn for_stderr(name: &str, quiet: bool) -> Self {
        let kind = match quiet {
            true => ProgressKind::Silent,
            false if std::io::stderr().is_terminal() => ProgressKind::Bar,
            false => ProgressKind::Lines(Micros::from_secs(10)),
        };
        Self { name: name.to_owned(), kind }
    }
}

/// Shows how a run goes on. Nothing that goes wrong while showing it stops the run.
pub struct Progress {
    view: View,
}

enum View {
    Bar(Bar),
    Lines(Lines),
    Silent,
}

impl Progress {
    /// Progress on standard error.
    pub fn new(options: ProgressOptions) -> Self {
        match options.kind {
            ProgressKind::Bar => Self::drawn(options, ProgressDrawTarget::stderr_with_hz(REFRESH)),
            _ => Self::written(options, Box::new(std::io::stderr())),
        }
    }

    /// Progress written to `out`; a bar is written as lines every ten seconds there.
    pub fn written(options: ProgressOptions, out: Box<dyn Write + Send>) -> Self {
        let every = match options.kind {
            ProgressKind::Silent => return Self { view: View::Silent },
            ProgressKind::Lines(every) => every,
            ProgressKind::Bar => Micros::from_secs(10),
        };
        Self { view: View::Lines(Lines { name: plain(&options.name).into_owned(), every, out, phase: None, next: Micros::ZERO }) }
    }

    /// Progress as a bar, drawn on `target`; silent where the options say so.
    pub fn drawn(options: ProgressOptions, target: ProgressDrawTarget) -> Self {
        match options.kind {
            ProgressKind::Silent => Self { view: View::Silent },
            _ => Self { view: View::Bar(Bar::new(&plain(&options.name), target)) },
        }
    }

    /// Shows the run as it is now.
    pub fn tick(&mut self, snapshot: &Snapshot) {
        match &mut self.view {
            View::Bar(bar) => bar.show(snapshot),
            View::Lines(lines) => lines.show(snapshot),
            View::Silent => {}
        }
    }

    /// Says something once: `setup: 20 requests`. Control characters in it are shown, not sent.
    pub fn message(&mut self, text: &str) {
        match &mut self.view {
            View::Bar(bar) => bar.message(&plain(text)),
            View::Lines(lines) => lines.write(&plain(text)),
            View::Silent => {}
        }
    }

    /// Takes the bar away; lines stay.
    pub fn finish(self) {
        if let View::Bar(bar) = self.view {
            bar.finish();
        }
    }
}

/// Plain lines. The run's own clock decides when, so that a slow log changes nothing.
struct Lines {
    name: String,
    every: Micros,
    out: Box<dyn Write + Send>,
    phase: Option<&'static str>,
    next: Micros,
}

impl Lines {
    fn show(&mut self, snapshot: &Snapshot) {
        let phase = phase(snapshot);
        let changed = self.phase != Some(phase);
        if !changed && snapshot.elapsed < self.next {
            return;
        }
        self.phase = Some(phase);
        // The next line is at a multiple of the distance: a late snapshot doesn't shift all that follow.
        let every = self.every.0.max(1);
        self.next = Micros((snapshot.elapsed.0 / every + 1) * every);
        self.write(&line(snapshot));
    }

    fn write(&mut self, text: &str) {
        // A closed log must not end the run.
        let _ = writeln!(self.out, "{}: {text}", self.name).and_then(|()| self.out.flush());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl TermLike for Captured {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.clone().write_all(format!("{text}\n").as_bytes())
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.clone().write_all(text.as_bytes())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.clone().write_all(b"\r")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn run(seconds: impl IntoIterator<Item = u64>) -> impl Iterator<Item = Snapshot> {
        seconds.into_iter().map(|second| Snapshot {
            elapsed: Micros::from_secs(second),
            planned: Some(Micros::from_secs(35)),
            warming_up: second < 5,
            users: 20,
            requests: second * 100,
            rate: 100.0,
            p95: Some(Micros(4_200)),
            ..Snapshot::default()
        })
    }

    fn options(kind: ProgressKind) -> ProgressOptions {
        ProgressOptions { name: "shop\u{1b}[2J".to_owned(), kind }
    }

    #[test]
    fn a_log_has_a_line_every_ten_seconds_and_at_every_stage() {
        let out = Captured::default();
        let mut progress = Progress::written(options(ProgressKind::Lines(Micros::from_secs(10))), Box::new(out.clone()));
        progress.message("setup: 20 requests\n::error::x");
        run(0..=35).for_each(|snapshot| progress.tick(&snapshot));
        progress.finish();
        insta::assert_snapshot!(out.text(), @r"
        shop\u{1b}[2J: setup: 20 requests\n::error::x
        shop\u{1b}[2J: warm-up 0s/35s, 20 users, 100/s, 0 failed, p95 4.2ms
        shop\u{1b}[2J: load 5s/35s, 20 users, 100/s, 0 failed, p95 4.2ms
        shop\u{1b}[2J: load 10s/35s, 20 users, 100/s, 0 failed, p95 4.2ms
        shop\u{1b}[2J: load 20s/35s, 20 users, 100/s, 0 failed, p95 4.2ms
        shop\u{1b}[2J: load 30s/35s, 20 users, 100/s, 0 failed, p95 4.2ms
        ");
    }

    #[test]
    fn a_late_snapshot_does_not_shift_the_lines_after_it() {
        let out = Captured::default();
        let mut progress = Progress::written(options(ProgressKind::Lines(Micros::from_secs(10))), Box::new(out.clone()));
        run([5, 19, 20, 29, 30]).for_each(|snapshot| progress.tick(&snapshot));
        let text = out.text();
        let shown: Vec<&str> = text.lines().filter_map(|line| line.split("load ").nth(1)?.split('/').next()).collect();
        assert_eq!(shown, ["5s", "19s", "20s", "30s"]);
    }

    #[test]
    fn a_terminal_shows_one_line_and_takes_it_away() {
        let out = Captured::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(out.clone()), REFRESH);
        let mut progress = Progress::drawn(options(ProgressKind::Bar), target);
        run([0, 20]).for_each(|snapshot| progress.tick(&snapshot));
        progress.message("watch out");
        progress.finish();
        let text = out.text();
        assert!(text.contains("shop\\u{1b}[2J"), "{text}");
        assert!(text.contains("warm-up 0s/35s  20 users, 100/s, 0 failed, p95 4.2ms"), "{text}");
        assert!(text.contains("watch out"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn quiet_is_silent() {
        let out = Captured::default();
        let mut progress = Progress::written(options(ProgressKind::Silent), Box::new(out.clone()));
        progress.message("setup");
        run(0..35).for_each(|snapshot| progress.tick(&snapshot));
        progress.finish();
        assert_eq!(out.text(), "");
    }

    #[test]
    fn a_closed_log_does_not_end_the_run() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut progress = Progress::written(options(ProgressKind::Lines(Micros::ZERO)), Box::new(Closed));
        run(0..3).for_each(|snapshot| progress.tick(&snapshot));
        assert!(matches!(progress.view, View::Lines(Lines { next, .. }) if next > Micros::from_secs(2)));
    }
}

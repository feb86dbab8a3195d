//! One answer, read out of bytes as they come.

use super::chunked::Chunked;
use super::head::{self, Framing, protocol};
use crate::engine::failure::Failure;
use crate::engine::reply::{Reply, Wanted};
use crate::metrics::ErrorCategory;
use crate::units::Bytes;

/// Reads one answer.
///
/// An answer that comes in one piece is read where it is. Of one that doesn't, the beginning of the head is kept until
/// the rest has come; a body is taken piece by piece.
#[derive(Debug, Default)]
pub(in crate::engine) struct Reader {
    state: State,
    /// The beginning of a head.
    partial: Vec<u8>,
    /// How long `partial` was when it was last tried.
    tried: usize,
    /// Bytes of the body so far.
    length: u64,
    keeps_alive: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    /// So many bytes are missing.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

/// How long a head may be.
const LONGEST_HEAD: usize = 256 << 10;
/// Blank lines in front of a head are passed over, up to so many bytes of them.
const MOST_BLANK: usize = 64;
/// Room made for a body before its first byte came, at most: its length is a promise only.
const ROOM: u64 = 64 << 10;

impl Reader {
    /// Takes the next bytes. Gives how many of them belong to the answer when it is whole.
    pub(in crate::engine) fn feed(&mut self, bytes: &[u8], wanted: &Wanted, reply: &mut Reply) -> Result<Option<usize>, Failure> {
        if !matches!(self.state, State::Head) {
            return self.body(bytes, wanted, reply);
        }
        if self.partial.is_empty() {
            return self.head(bytes, wanted, reply);
        }
        let before = self.partial.len();
        self.partial.extend_from_slice(bytes);
        if !self.is_worth_trying(before) {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.partial);
        let used = self.head(&bytes, wanted, reply)?;
        Ok(used.map(|used| used.saturating_sub(before)))
    }

    /// The connection ended: fine where the body ends with it.
    pub(in crate::engine) fn end(&self) -> Result<(), Failure> {
        if matches!(self.state, State::UntilClose) { Ok(()) } else { Err(Failure::cut()) }
    }

    /// Whether another answer may come behind this one.
    pub(in crate::engine) fn keeps_alive(&self) -> bool {
        self.keeps_alive
    }

    /// How many bytes it holds, beside what it hands over.
    pub(in crate::engine) fn held(&self) -> usize {
        self.partial.capacity()
    }

    fn head(&mut self, bytes: &[u8], wanted: &Wanted, reply: &mut Reply) -> Result<Option<usize>, Failure> {
        let mut at = 0;
        loop {
            let Some((length, head)) = head::parse(&bytes[at..], wanted, &mut reply.headers)? else {
                self.partial = bytes[at..].to_vec();
                self.tried = self.partial.len();
                if self.tried > LONGEST_HEAD {
                    return Err(protocol(&format!("its head is longer than {}", Bytes(LONGEST_HEAD as u64))));
                }
                // Each of them ends a line, and so would be a reason to read all of them again.
                if self.partial.len() > MOST_BLANK && self.partial[..MOST_BLANK].iter().all(|byte| b"\r\n".contains(byte)) {
                    return Err(protocol("it begins with blank lines"));
                }
                return Ok(None);
            };
            at += length;
            // Others of this kind announce the answer; this one is the last of HTTP on the connection.
            if head.status < 200 && head.status != 101 {
                reply.headers.clear();
                continue;
            }
            reply.status = head.status;
            self.keeps_alive = head.keeps_alive;
            self.state = match head.framing {
                Framing::Length(length) if length > wanted.max_body => return Err(too_large(wanted)),
                Framing::Length(length) => {
                    if wanted.body {
                        reply.body.reserve_exact(length.min(ROOM) as usize);
                    }
                    State::Length(length)
                }
                Framing::Chunked => State::Chunked(Chunked::default()),
                Framing::UntilClose => State::UntilClose,
            };
            return Ok(self.body(&bytes[at..], wanted, reply)?.map(|used| at + used));
        }
    }

    fn body(&mut self, bytes: &[u8], wanted: &Wanted, reply: &mut Reply) -> Result<Option<usize>, Failure> {
        let mut keep = |part: &[u8]| {
            self.length += part.len() as u64;
            if self.length > wanted.max_body {
                return Err(too_large(wanted));
            }
            if wanted.body {
                reply.body.extend_from_slice(part);
            }
            Ok(())
        };
        match &mut self.state {
            State::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                keep(&bytes[..length])?;
                *left -= length as u64;
                Ok((*left == 0).then_some(length))
            }
            State::Chunked(chunked) => {
                let used = chunked.feed(bytes, &mut keep)?;
                Ok(chunked.is_over().then_some(used))
            }
            State::UntilClose => keep(bytes).map(|()| None),
            State::Head => Ok(None),
        }
    }

    /// A head that comes byte by byte is not read again for each of them: only when its end is there, or when there is
    /// twice as much of it (what isn't HTTP has no end).
    fn is_worth_trying(&self, before: usize) -> bool {
        let tail = &self.partial[before.saturating_sub(3)..];
        let ends = |window: &[u8]| window.starts_with(b"\n\n") || window == b"\n\r\n";
        self.partial.len() >= 2 * self.tried || tail.windows(3).any(ends) || tail.ends_with(b"\n\n")
    }
}

fn too_large(wanted: &Wanted) -> Failure {
    Failure::new(ErrorCategory::Body, format!("the body is larger than {}", Bytes(wanted.max_body)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Wanted =
        Wanted { is_head: false, headers: true, cookies: true, redirects: true, encoding: true, body: true, max_body: 1000 };

    /// Status, headers, body, bytes of the answer, whether the connection goes on; none while something is missing.
    type Read = Option<(u16, Vec<(String, String)>, String, usize, bool)>;

    /// Reads pieces, then the end of the connection.
    fn read(pieces: &[&[u8]], wanted: &Wanted) -> Result<Read, Failure> {
        let (mut reader, mut reply, mut length) = (Reader::default(), Reply::default(), 0);
        let mut whole = false;
        for piece in pieces {
            if let Some(used) = reader.feed(piece, wanted, &mut reply)? {
                length += used;
                whole = true;
                break;
            }
            length += piece.len();
        }
        if !whole && reader.end().is_err() {
            return Ok(None);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = reply.headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
        Ok(Some((reply.status, headers, text(&reply.body), length, reader.keeps_alive())))
    }

    const ANSWERS: &[&str] = &[
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nServer: x\r\ntransfer-encoding: chunked\r\n\r\n5;x\r\nhello\r\n6\r\n world\r\n0\r\nx: y\r\n\r\nmore",
        "HTTP/1.1 103 Early\r\nlink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\nset-cookie: a=1\r\n\r\n",
        "HTTP/1.0 200 OK\n\nuntil the end",
        "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\nwhatever",
        "HTTP/1.1 200 OK\r\n\r",
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nnot enough",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ];

    #[test]
    fn answers_are_read_with_what_belongs_to_them() {
        let read = |at: usize| read(&[ANSWERS[at].as_bytes()], &ALL).unwrap();
        let length = |at: usize| ANSWERS[at].len();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(0), Some((200, vec![header("content-length", "5")], "hello".to_owned(), length(0), true)));
        let headers = vec![header("server", "x"), header("transfer-encoding", "chunked")];
        assert_eq!(read(1), Some((200, headers, "hello world".to_owned(), length(1) - 4, true)));
        assert_eq!(read(2), Some((204, vec![header("set-cookie", "a=1")], String::new(), length(2), true)));
        assert_eq!(read(3), Some((200, vec![], "until the end".to_owned(), length(3), false)));
        assert_eq!(read(4), Some((101, vec![header("upgrade", "x")], String::new(), length(4) - 8, false)));
        assert_eq!((read(5), read(6)), (None, None));
    }

    #[test]
    fn a_few_blank_lines_are_passed_over_and_many_are_no_head() {
        let blank = |lines: usize| vec![&b"\r\n"[..]; lines];
        let answer = &b"HTTP/1.1 204 None\r\n\r\n"[..];
        let status = |lines: usize| read(&[blank(lines), vec![answer]].concat(), &ALL).map(|read| read.map(|read| read.0));
        assert_eq!(status(3).unwrap(), Some(204));
        assert_eq!(status(32).unwrap(), Some(204));
        assert!(status(33).unwrap_err().message.ends_with("it begins with blank lines"));
    }

    #[test]
    fn bodies_are_bounded_also_by_what_they_promise() {
        let small = Wanted { max_body: 4, ..ALL };
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde",
            "HTTP/1.1 200 OK\r\n\r\nhello",
        ] {
            let failure = read(&[answer.as_bytes()], &small).unwrap_err();
            assert_eq!((failure.category, failure.message.as_str()), (ErrorCategory::Body, "the body is larger than 4 B"), "{answer}");
        }
        let head = Wanted { is_head: true, ..small };
        assert!(read(&[b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"], &head).unwrap().is_some());
    }

    #[test]
    fn an_endless_head_is_refused_and_costs_little() {
        let (mut reader, mut reply) = (Reader::default(), Reply::default());
        assert_eq!(reader.feed(b"HTTP/1.1 200 OK\r\na: ", &ALL, &mut reply).unwrap(), None);
        let failure = (0..2 * LONGEST_HEAD).find_map(|_| reader.feed(b"x", &ALL, &mut reply).err()).unwrap();
        assert_eq!(failure.message, "the answer is not HTTP: its head is longer than 256 KiB");
    }

    #[test]
    fn a_slow_banner_of_something_else_is_noticed() {
        let (mut reader, mut reply) = (Reader::default(), Reply::default());
        let refused = b"SSH-2.0-OpenSSH_9.2\r\n".iter().any(|&byte| reader.feed(&[byte], &ALL, &mut reply).is_err());
        assert!(refused);
    }

    proptest! {
        #[test]
        fn cutting_an_answer_into_pieces_changes_nothing(
            answer in prop::sample::select(ANSWERS), mut cuts in prop::collection::vec(0usize..160, 0..12),
        ) {
            let bytes = answer.as_bytes();
            cuts.retain(|&cut| cut < bytes.len());
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                if from < cut {
                    pieces.push(&bytes[from..cut]);
                }
                from = cut;
            }
            prop_assert_eq!(read(&pieces, &ALL), read(&[bytes], &ALL));
        }

        #[test]
        fn nothing_that_comes_makes_it_panic(pieces in prop::collection::vec("(HTTP/1\\.[01] [0-9]{3}|content-length: |transfer-encoding: chunked|\r\n|[0-9a-f]{1,3}|[ -~\r\n]{0,4}){0,6}", 0..6)) {
            let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
            let _ = read(&pieces, &ALL);
        }
    }
}

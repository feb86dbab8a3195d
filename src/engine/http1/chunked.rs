//! The chunked transfer coding (RFC 9112, section 7.1).

use super::head::protocol;
use crate::engine::failure::Failure;

/// Where in a chunked body the next byte stands.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    at: At,
    /// The size of this chunk while it is read, then what is left of it.
    left: u64,
    /// Bytes of extensions and trailers so far: they have no other bound.
    aside: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    SizeBegin,
    Size,
    SizeSpace,
    Extension,
    SizeEnd,
    Data,
    DataReturn,
    DataEnd,
    /// At the beginning of a line behind the last chunk.
    TrailerBegin,
    Trailer,
    TrailerEnd,
    LastEnd,
    Over,
}

/// How many bytes of extensions and trailers an answer may have.
const MOST_ASIDE: usize = 16 << 10;

impl Chunked {
    /// Takes the bytes that belong to the body and hands those that are its content to `keep`. Gives how many were
    /// taken; the body is over when [`Chunked::is_over`] says so.
    pub(super) fn feed(&mut self, bytes: &[u8], keep: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<usize, Failure> {
        let mut used = 0;
        while used < bytes.len() && self.at != At::Over {
            if self.at == At::Data {
                let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - used);
                keep(&bytes[used..used + length])?;
                used += length;
                self.left -= length as u64;
                if self.left == 0 {
                    self.at = At::DataReturn;
                }
                continue;
            }
            self.at = self.next(bytes[used])?;
            used += 1;
        }
        Ok(used)
    }

    pub(super) fn is_over(&self) -> bool {
        self.at == At::Over
    }

    /// Where a byte that is not content leads.
    fn next(&mut self, byte: u8) -> Result<At, Failure> {
        Ok(match (self.at, byte) {
            (At::SizeBegin | At::Size, byte) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let size = self.left.checked_mul(16).and_then(|size| size.checked_add(digit.into()));
                self.left = size.ok_or_else(|| protocol("a chunk is larger than any body can be"))?;
                At::Size
            }
            (At::Size | At::SizeSpace, b' ' | b'\t') => At::SizeSpace,
            (At::Size | At::SizeSpace, b';') => At::Extension,
            (At::Size | At::SizeSpace | At::Extension, b'\r') => At::SizeEnd,
            (At::Extension, byte) if byte != b'\n' => self.aside(At::Extension)?,
            (At::SizeEnd, b'\n') if self.left == 0 => At::TrailerBegin,
            (At::SizeEnd, b'\n') => At::Data,
            (At::DataReturn, b'\r') => At::DataEnd,
            (At::DataEnd, b'\n') => At::SizeBegin,
            (At::TrailerBegin, b'\r') => At::LastEnd,
            (At::Trailer, b'\r') => At::TrailerEnd,
            (At::TrailerBegin | At::Trailer, byte) if byte != b'\n' => self.aside(At::Trailer)?,
            (At::TrailerEnd, b'\n') => At::TrailerBegin,
            (At::LastEnd, b'\n') => At::Over,
            (At::SizeBegin | At::Size | At::SizeSpace, _) => return Err(protocol("the size of a chunk is not a number")),
            (At::Extension | At::SizeEnd, _) => return Err(protocol("a chunk extension has no proper end")),
            (At::DataReturn | At::DataEnd, _) => return Err(protocol("a chunk is longer than it says")),
            (At::TrailerBegin | At::Trailer | At::TrailerEnd | At::LastEnd, _) => {
                return Err(protocol("the trailer of the body has no proper end"));
            }
            (At::Data | At::Over, _) => unreachable!("content and what follows the body are not read byte by byte"),
        })
    }

    fn aside(&mut self, at: At) -> Result<At, Failure> {
        self.aside += 1;
        if self.aside > MOST_ASIDE {
            return Err(protocol("the extensions and trailers of a chunked body are too long"));
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Content, bytes taken and whether the body ended.
    fn read(bytes: &[u8]) -> Result<(String, usize, bool), String> {
        let (mut chunked, mut content) = (Chunked::default(), Vec::new());
        let used = chunked.feed(bytes, &mut |part| {
            content.extend_from_slice(part);
            Ok(())
        });
        let message = |failure: Failure| failure.message.replace("the answer is not HTTP: ", "");
        used.map(|used| (String::from_utf8(content).unwrap(), used, chunked.is_over())).map_err(message)
    }

    #[test]
    fn chunks_are_put_together() {
        for (bytes, content, rest) in [
            ("0\r\n\r\n", "", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("A\r\n0123456789\r\n00003\r\nabc\r\n000\r\n\r\nHTTP/1.1", "0123456789abc", "HTTP/1.1"),
            ("3 \t;a=\"b\";c\r\nabc\r\n0;last\r\nx-sum: 1\r\ny: 2\r\n\r\n", "abc", ""),
        ] {
            assert_eq!(read(bytes.as_bytes()), Ok((content.to_owned(), bytes.len() - rest.len(), true)), "{bytes:?}");
        }
        assert_eq!(read(b"5\r\nhel"), Ok(("hel".to_owned(), 6, false)));
        assert_eq!(read(b"5\r\nhello\r\n0\r\n"), Ok(("hello".to_owned(), 13, false)));
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for (bytes, message) in [
            ("\r\n", "the size of a chunk is not a number"),
            ("zz\r\n", "the size of a chunk is not a number"),
            ("-1\r\n", "the size of a chunk is not a number"),
            ("5 5\r\n", "the size of a chunk is not a number"),
            ("5\nhello", "the size of a chunk is not a number"),
            ("10000000000000000\r\n", "a chunk is larger than any body can be"),
            ("5;a\nhello", "a chunk extension has no proper end"),
            ("5\rx", "a chunk extension has no proper end"),
            ("5\r\nhelloo", "a chunk is longer than it says"),
            ("0\r\nx: 1\n", "the trailer of the body has no proper end"),
            ("0\r\n\rx", "the trailer of the body has no proper end"),
        ] {
            assert_eq!(read(bytes.as_bytes()), Err(message.to_owned()), "{bytes:?}");
        }
        for endless in ["1;", "0\r\nx: "] {
            let bytes = format!("{endless}{}", "y".repeat(MOST_ASIDE + 1));
            assert_eq!(read(bytes.as_bytes()), Err("the extensions and trailers of a chunked body are too long".to_owned()));
        }
    }
}

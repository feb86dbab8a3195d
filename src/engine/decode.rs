//! Compressed answers.

use std::io::{self, Read};

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::failure::Failure;
use crate::metrics::ErrorCategory;
use crate::units::Bytes;

/// What is asked for when answers may be compressed.
pub(super) const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// Undoes the content encodings of a body, last first. More than `limit` bytes are a failure, as is what isn't the
/// encoding that it says it is.
pub(super) fn decode(headers: &HeaderMap, body: Vec<u8>, limit: u64) -> Result<Vec<u8>, Failure> {
    let encodings: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    let mut body = body;
    for encoding in encodings.iter().rev() {
        if body.is_empty() {
            // An answer to HEAD, or 204 and 304, says how it would be encoded.
            break;
        }
        body = decode_one(encoding, &body, limit)?;
    }
    Ok(body)
}

fn decode_one(encoding: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::new(ErrorCategory::Body, format!("the body is not {encoding}: {error}"));
    let mut decoded = Vec::new();
    let mut read = |reader: &mut dyn Read| reader.take(limit + 1).read_to_end(&mut decoded).map_err(|error| wrong(&error));
    match encoding {
        "gzip" | "x-gzip" => read(&mut flate2::read::MultiGzDecoder::new(body))?,
        // Most servers mean zlib, as the standard says; some send the bare stream.
        "deflate" if body.first().is_some_and(|first| first & 0x0f == 8) => read(&mut flate2::read::ZlibDecoder::new(body))?,
        "deflate" => read(&mut flate2::read::DeflateDecoder::new(body))?,
        "br" => read(&mut brotli::Decompressor::new(body, 4096))?,
        "zstd" => read(&mut Zstd { rest: body, frame: FrameDecoder::new() })?,
        other => return Err(Failure::new(ErrorCategory::Body, format!("the content encoding `{other}` was not asked for"))),
    };
    if decoded.len() as u64 > limit {
        return Err(Failure::new(ErrorCategory::Body, format!("the decoded body is larger than {}", Bytes(limit))));
    }
    Ok(decoded)
}

/// A zstd body: frames one behind the other, some of which hold nothing for us (RFC 8878, section 3.1).
struct Zstd<'b> {
    rest: &'b [u8],
    frame: FrameDecoder,
}

impl Read for Zstd<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.frame.can_collect() > 0 {
                return self.frame.read(buffer);
            }
            if !self.frame.is_finished() {
                self.frame.decode_blocks(&mut self.rest, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
            } else if self.rest.is_empty() {
                return Ok(0);
            } else {
                self.begin_frame()?;
            }
        }
    }
}

impl Zstd<'_> {
    fn begin_frame(&mut self) -> io::Result<()> {
        match self.frame.reset(&mut self.rest) {
            Ok(()) => Ok(()),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                self.rest = self.rest.get(length as usize..).ok_or(io::ErrorKind::UnexpectedEof)?;
                Ok(())
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::io::Write;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn every_accepted_encoding_is_undone() {
        let text = b"stock 5 ".repeat(100);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&text).unwrap();
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        bare.write_all(&text).unwrap();
        let mut brotli_bytes = Vec::new();
        brotli::CompressorWriter::new(&mut brotli_bytes, 4096, 4, 20).write_all(&text).unwrap();
        for (encoding, body) in [
            ("gzip", gzip(&text)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("br", brotli_bytes),
            ("zstd", zstd(&text)),
            ("identity", text.clone()),
            ("gzip, gzip", gzip(&gzip(&text))),
        ] {
            assert_eq!(decode(&headers(encoding), body, 1_000_000).unwrap(), text, "{encoding}");
        }
    }

    #[test]
    fn a_zstd_body_may_have_several_frames_and_some_to_skip() {
        let skipped = [&0x184d_2a50_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"index"].concat();
        let decoded = |parts: &[&[u8]], limit| decode(&headers("zstd"), parts.concat(), limit);
        let (first, second) = (zstd(b"one, "), zstd(b"two"));
        assert_eq!(decoded(&[&skipped, &first, &skipped, &second, &skipped], 8).unwrap(), b"one, two");
        assert_eq!(decoded(&[&skipped], 8).unwrap(), b"");
        assert_eq!(decoded(&[&first, &second], 7).unwrap_err().message, "the decoded body is larger than 7 B");
        for cut in [&first[..first.len() - 1], &skipped[..skipped.len() - 1], b"{}"] {
            let message = decoded(&[&second, cut], 8).unwrap_err().message;
            assert!(message.starts_with("the body is not zstd: "), "{message}");
        }
    }

    #[test]
    fn bombs_and_lies_are_failures() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert_eq!(decode(&headers("gzip"), bomb, 1000).unwrap_err().message, "the decoded body is larger than 1000 B");
        for encoding in ["gzip", "br", "zstd", "deflate"] {
            let failure = decode(&headers(encoding), b"{\"plain\": true}".to_vec(), 1000).unwrap_err();
            assert_eq!(failure.category, ErrorCategory::Body, "{encoding}");
        }
        assert!(decode(&headers("rot13"), b"x".to_vec(), 1000).is_err());
        assert_eq!(decode(&headers("gzip"), Vec::new(), 1000).unwrap(), b"");
    }
}

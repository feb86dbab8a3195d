//! What goes through a stream is counted.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::engine::dial::Stream;

/// What went over the wire since somebody asked. Frames of several requests share a connection, and some are of none of
/// them: whoever finishes a request takes what has gathered, so that the sum is right and each share about right.
#[derive(Debug, Default)]
pub(super) struct Wire {
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    held_back: Cell<bool>,
}

impl Wire {
    /// Bytes received and sent since the last time.
    pub(super) fn take(&self) -> (u64, u64) {
        (self.bytes_in.take(), self.bytes_out.take())
    }

    /// Whether the system didn't take everything at once since the last time.
    pub(super) fn take_held_back(&self) -> bool {
        self.held_back.take()
    }
}

/// A stream that counts.
pub(super) struct Counted {
    pub(super) stream: Stream,
    pub(super) wire: Rc<Wire>,
}

impl AsyncRead for Counted {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.wire.bytes_in.set(this.wire.bytes_in.get() + (buffer.filled().len() - before) as u64);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.count(result)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.count(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl Counted {
    fn count(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(written)) => self.wire.bytes_out.set(self.wire.bytes_out.get() + *written as u64),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.wire.held_back.set(true),
        }
        result
    }
}

//! An open connection as bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// An open connection: plain, to a unix socket, or encrypted over another one.
#[derive(Debug)]
pub(in crate::engine) enum Stream {
    Plain(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    Tls(Box<TlsStream<Stream>>),
    /// What came first was read already.
    Begun {
        begin: Box<Bytes>,
        rest: Box<Stream>,
    },
    /// No system is asked: for tests on a simulated clock.
    #[cfg(test)]
    Memory(tokio::io::DuplexStream),
}

/// Does the same with whatever it is.
macro_rules! each {
    ($self:expr, $stream:ident => $does:expr) => {
        match $self {
            Self::Plain($stream) => $does,
            #[cfg(unix)]
            Self::Unix($stream) => $does,
            Self::Tls($stream) => $does,
            Self::Begun { rest: $stream, .. } => $does,
            #[cfg(test)]
            Self::Memory($stream) => $does,
        }
    };
}

impl Stream {
    /// What both sides agreed to speak, where they did (ALPN).
    pub(in crate::engine) fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Tls(stream) => stream.get_ref().1.alpn_protocol(),
            _ => None,
        }
    }

    /// The same stream with these bytes in front of what is still to be read.
    pub(super) fn begun_with(self, begin: Vec<u8>) -> Self {
        if begin.is_empty() { self } else { Self::Begun { begin: Box::new(begin.into()), rest: Box::new(self) } }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Self::Begun { begin, .. } = this
            && !begin.is_empty()
        {
            buffer.put_slice(&begin.split_to(begin.len().min(buffer.remaining())));
            return Poll::Ready(Ok(()));
        }
        each!(this, stream => Pin::new(stream).poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        each!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(context))
    }
}

//! How a message stands on the socket between daemon and gateway: its length as four bytes, little
//! endian, then its JSON. Reading and writing are the programs' own business.

/// The most that a request may have, in bytes.
pub const REQUEST_LIMIT: usize = 64 * 1024;

/// The most that a response may have, in bytes: it may carry the view of 1,000 profiles.
pub const RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// The four bytes before a message.
pub const HEADER: usize = 4;

/// An empty message. To the gateway it asks for a sign of life, and from it, it is one: the daemon sends
/// none before a request, so that another version has refused that.
pub const SIGN_OF_LIFE: [u8; HEADER] = [0; HEADER];

/// The header of a message of `length` bytes; nothing if it is over the limit.
pub fn header(length: usize, limit: usize) -> Option<[u8; HEADER]> {
    u32::try_from(length).ok().filter(|_| length <= limit).map(u32::to_le_bytes)
}

/// The length that a header announces; nothing if it is over the limit, which also catches a peer
/// that speaks another language.
pub fn length(header: [u8; HEADER], limit: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(header)).ok().filter(|length| *length <= limit)
}

#[cfg(test)]
mod tests {
    use super::{REQUEST_LIMIT, header, length};

    #[test]
    fn a_header_reads_back_as_its_length() {
        let bytes = header(300, REQUEST_LIMIT).unwrap();
        assert_eq!(bytes, [44, 1, 0, 0]);
        assert_eq!(length(bytes, REQUEST_LIMIT), Some(300));
    }

    #[test]
    fn nothing_over_the_limit_is_written_or_believed() {
        assert_eq!(header(REQUEST_LIMIT + 1, REQUEST_LIMIT), None);
        assert_eq!(length(*b"zzzz", REQUEST_LIMIT), None);
    }
}

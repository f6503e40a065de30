//! The text after `DATA`: finding its end and undoing dot-stuffing (RFC 5321, 4.5.2).

/// Where the reader stands within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    Dot,
    DotReturn,
    Within,
    Return,
}

/// Collects one message. Only CR LF ends a line: a lone CR or LF is content, so no message can hide a second one.
#[derive(Debug)]
pub(crate) struct DataReader {
    place: Place,
    message: Vec<u8>,
    limit: usize,
    overflowed: bool,
}

impl DataReader {
    pub(crate) fn new(limit: usize) -> Self {
        Self { place: Place::LineStart, message: Vec::new(), limit, overflowed: false }
    }

    /// Takes bytes up to the end of the message. Answers how many, and whether the end was among them.
    pub(crate) fn read(&mut self, input: &[u8]) -> (usize, bool) {
        let mut used = 0;
        while let Some(&byte) = input.get(used) {
            used += 1;
            self.place = match (self.place, byte) {
                (Place::LineStart, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotReturn,
                (Place::DotReturn, b'\n') => return (used, true),
                (Place::DotReturn, _) => {
                    // The dot was stuffing after all, and the return a lone one.
                    self.keep(b"\r");
                    self.within(byte)
                }
                (Place::Return, b'\n') => {
                    self.keep(b"\n");
                    Place::LineStart
                }
                (Place::LineStart | Place::Dot | Place::Return, _) => self.within(byte),
                (Place::Within, b'\r') => self.within(byte),
                (Place::Within, _) => {
                    let rest = input.get(used - 1..).unwrap_or_default();
                    let run = rest.iter().position(|&byte| byte == b'\r').unwrap_or(rest.len());
                    self.keep(rest.get(..run).unwrap_or_default());
                    used += run - 1;
                    Place::Within
                }
            };
        }
        (used, false)
    }

    /// The message, or `None` if it was larger than the limit.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        (!self.overflowed).then_some(self.message)
    }

    fn within(&mut self, byte: u8) -> Place {
        self.keep(&[byte]);
        if byte == b'\r' { Place::Return } else { Place::Within }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.overflowed {
            return;
        }
        if self.message.len() + bytes.len() > self.limit {
            self.overflowed = true;
            self.message = Vec::new();
        } else {
            self.message.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DataReader;
    use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

    /// What a client sends for this message: RFC 5321, 4.5.2, as a sender.
    fn stuffed(message: &[u8]) -> Vec<u8> {
        let mut sent = Vec::new();
        for line in message.split_inclusive(|&byte| byte == b'\n') {
            let after_line_end = sent.is_empty() || sent.ends_with(b"\r\n");
            if line.starts_with(b".") && after_line_end {
                sent.push(b'.');
            }
            sent.extend_from_slice(line);
        }
        sent.extend_from_slice(b".\r\n");
        sent
    }

    fn read_in_pieces(sent: &[u8], piece: usize) -> (Vec<u8>, usize) {
        let mut reader = DataReader::new(usize::MAX);
        let mut total = 0;
        for piece in sent.chunks(piece) {
            let (used, done) = reader.read(piece);
            total += used;
            if done {
                return (reader.finish().unwrap(), total);
            }
        }
        panic!("no end found");
    }

    #[test]
    fn stuffed_dots_are_undone_and_what_follows_is_left_alone() {
        let (message, used) = read_in_pieces(b"..a\r\n...\r\n.x\r\nb.\r\n.\r\nRSET\r\n", 1_000);
        assert_eq!(message, b".a\r\n..\r\nx\r\nb.\r\n");
        assert_eq!(used, 21);
    }

    #[test]
    fn an_empty_message_ends_at_once() {
        assert_eq!(read_in_pieces(b".\r\n", 1), (Vec::new(), 3));
    }

    #[test]
    fn only_a_dot_between_full_line_ends_ends_the_message() {
        for smuggled in [b"a\n.\nb".as_slice(), b"a\n.\r\nb", b"a\r.\rb", b"a\r\n.\nb", b"a\r\n.\rb"] {
            let mut reader = DataReader::new(usize::MAX);
            assert_eq!(reader.read(smuggled), (smuggled.len(), false), "{smuggled:?}");
        }
    }

    #[test]
    fn a_message_at_the_limit_is_kept_and_one_byte_more_is_not() {
        for (limit, kept) in [(6, true), (5, false)] {
            let mut reader = DataReader::new(limit);
            assert_eq!(reader.read(b"abcd\r\n.\r\n"), (9, true));
            assert_eq!(reader.finish().is_some(), kept);
        }
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![Just(b"\r\n".to_vec()), Just(b".".to_vec()), prop::collection::vec(any::<u8>(), 0..4)];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| [pieces.concat(), b"\r\n".to_vec()].concat())
    }

    proptest! {
        #[test]
        fn any_message_survives_stuffing_however_it_is_cut(message in message(), piece in 1_usize..9) {
            let sent = stuffed(&message);
            let (read, used) = read_in_pieces(&sent, piece);
            assert_eq!(read, message);
            assert_eq!(used, sent.len());
        }
    }
}

//! What the fuzz target does with its bytes on this side: they are the audit's file as `stsd log` finds it,
//! whoever has written into it. See fuzz/README.md.

use std::io::BufReader;

use stsd_protocol::audit::Record;

use super::lines::{LONGEST_LINE, Lines};
use super::printer::Printer;

/// Reads the bytes as a file, at once and as it grows, and shows what can be read. The first byte says in
/// which pieces it grows; one that is no byte of a text stands for a very long part of a line.
pub(crate) fn log(bytes: &[u8]) {
    let Some((pieces, bytes)) = bytes.split_first() else { return };
    let mut parts = bytes.split(|byte| *byte == LONG).take(6);
    let mut file = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        file.resize(file.len() + LONGEST_LINE / 2, b' ');
        file.extend_from_slice(part);
    }
    let at_once = lines(&mut Lines::default(), &file);
    let mut grown = Lines::default();
    let at_a_time = (usize::from(*pieces) * 67).max(file.len() / 64).max(1);
    let in_pieces: Vec<String> =
        file.chunks(at_a_time).flat_map(|piece| lines(&mut grown, piece)).collect();
    assert_eq!(in_pieces, at_once, "whoever follows reads something else");
    let ends = file.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(at_once.len(), ends, "a line that has no end, or none of one that has");
    at_once.iter().for_each(|line| shown(line));
}

fn lines(lines: &mut Lines, bytes: &[u8]) -> Vec<String> {
    lines.whole(&mut BufReader::new(bytes)).expect("bytes in memory can be read")
}

/// One line for each, which steers no terminal; as JSON it says the same.
fn shown(line: &str) {
    let printer = |json, terminal| Printer { json, terminal, profile: None };
    let record: Option<Record> = serde_json::from_str(line).ok();
    let wanted = printer(false, true).wants(line);
    assert_eq!(wanted.is_some(), record.as_ref().is_some_and(|record| record.version == 1));
    if wanted.is_none() {
        return;
    }
    for json in [false, true] {
        let shown = printer(json, true).text(line);
        let text = shown.strip_suffix('\n').expect("a line has an end");
        assert!(!text.contains(steers), "{text:?}");
        assert!(!json || serde_json::from_str(text).ok() == record, "{text:?} says something else");
    }
    assert_eq!(printer(true, false).text(line), format!("{line}\n"));
}

/// Stands in no text.
const LONG: u8 = 0xf8;

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_input_of_the_corpus_keeps_the_promises() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/audit");
        let mut inputs = 0;
        for input in std::fs::read_dir(&folder).unwrap() {
            let path = input.unwrap().path();
            // Shown with a failure alone.
            println!("{}", path.display());
            super::log(&std::fs::read(path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 10, "{inputs} inputs");
    }
}

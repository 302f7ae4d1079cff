//! Private keys and other PEM blocks, which take several lines: begin and end stay, what is between them goes.

use super::replacement;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// A key of 16,384 bits has about 200 lines of 64 characters.
const LONGEST: usize = 400;

/// Takes the content out of blocks whose name says that it is secret. Returns how many there were. A block that is not ended, as when the
/// log was cut, ends where no line looks like a part of one.
pub(super) fn take(lines: &mut [String]) -> u32 {
    let mut taken = 0;
    let mut left = 0;
    for line in lines.iter_mut() {
        if left > 0 {
            left -= 1;
            if line.contains(END) {
                left = 0;
                continue;
            }
            if is_content(line) {
                *line = replacement("private key");
                continue;
            }
            left = 0;
        }
        if begins_secret(line) && !line.contains(END) {
            taken += 1;
            left = LONGEST;
        }
    }
    // What was cut off at its begin: an end with content before it.
    for index in 0..lines.len() {
        if lines[index].contains(END) && lines[index].contains("PRIVATE KEY") {
            for line in lines[..index].iter_mut().rev().take(LONGEST) {
                if !is_content(line) || line.starts_with(super::MARK) {
                    break;
                }
                *line = replacement("private key");
                taken += 1;
            }
        }
    }
    taken
}

fn begins_secret(line: &str) -> bool {
    line.split_once(BEGIN)
        .is_some_and(|(_, name)| name.contains("PRIVATE KEY"))
}

/// Base64, or one of the headers of an encrypted key (`Proc-Type: 4,ENCRYPTED`), behind whatever indents it.
fn is_content(line: &str) -> bool {
    let line = line.trim().trim_matches(['"', '\'', ',', '\\']);
    let base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    line.starts_with(super::MARK)
        || line.is_empty()
        || line.starts_with("Proc-Type:")
        || line.starts_with("DEK-Info:")
        || (line.len() >= 4 && line.chars().all(base64))
}

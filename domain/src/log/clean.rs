//! What a program may write and a database, a page or a terminal must not get to see.

use super::LONGEST_LINE;

/// Put in place of what is no text.
const REPLACEMENT: char = '\u{fffd}';

/// A line as text that can be kept and shown: what is not UTF-8 is replaced, terminal escapes and other control characters are left
/// out (all but tabs), so are characters that change the direction of what follows, and what is too long is cut.
pub fn clean(line: &[u8]) -> String {
    let is_cut = line.len() > LONGEST_LINE;
    let text = String::from_utf8_lossy(&line[..line.len().min(LONGEST_LINE)]);
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut letters),
            // The 8-bit form of ESC [.
            '\u{9b}' => skip_sequence(&mut letters),
            '\t' => out.push('\t'),
            letter if letter.is_control() || turns_direction(letter) => {}
            letter => out.push(letter),
        }
    }
    if is_cut {
        // Cutting may have split a character.
        while out.ends_with(REPLACEMENT) {
            out.pop();
        }
        out.push('…');
    }
    out
}

/// Overrides and isolates of direction can make a line read as another one.
fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// After an ESC: ECMA-48 has control sequences (`[` up to a letter), strings (`]`, `P`, `X`, `^`, `_` up to BEL or ESC \) and short ones.
fn skip_escape(letters: &mut Letters<'_>) {
    match letters.peek() {
        Some('[') => {
            letters.next();
            skip_sequence(letters);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            letters.next();
            skip_string(letters);
        }
        Some(' '..='/') => {
            while letters
                .next_if(|letter| matches!(letter, ' '..='/'))
                .is_some()
            {}
            letters.next_if(|letter| matches!(letter, '0'..='~'));
        }
        Some('0'..='~') => {
            letters.next();
        }
        _ => {}
    }
}

fn skip_sequence(letters: &mut Letters<'_>) {
    while letters
        .next_if(|letter| matches!(letter, ' '..='?'))
        .is_some()
    {}
    letters.next_if(|letter| matches!(letter, '@'..='~'));
}

/// A string that is never ended would swallow the line: then only its introducer is left out.
fn skip_string(letters: &mut Letters<'_>) {
    let mut ahead = letters.clone();
    while let Some(letter) = ahead.next() {
        match letter {
            '\u{7}' | '\u{9c}' => {}
            '\u{1b}' => {
                ahead.next_if_eq(&'\\');
            }
            _ => continue,
        }
        *letters = ahead;
        return;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"plain\ttext", "plain\ttext")]
    #[case(b"\x1b[1;31mERROR\x1b[0m boom", "ERROR boom")]
    #[case(b"\x1b]0;a title\x07rest", "rest")]
    #[case(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link")]
    #[case(b"\x1b]never ended", "never ended")]
    #[case(b"\x1b(Bcharset", "charset")]
    #[case(b"a\0b\rc\x08d", "abcd")]
    #[case(b"\xff\xfe no text", "\u{fffd}\u{fffd} no text")]
    #[case("left \u{202e}thgir".as_bytes(), "left thgir")]
    #[case(b"\x1b", "")]
    fn lines(#[case] line: &[u8], #[case] expected: &str) {
        assert_eq!(clean(line), expected);
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let cut = clean("ä".repeat(LONGEST_LINE).as_bytes());
        assert!(cut.len() <= LONGEST_LINE + '…'.len_utf8());
        assert!(cut.ends_with("ä…"));
    }

    proptest! {
        #[test]
        fn any_bytes_become_text_that_a_database_takes(line: Vec<u8>) {
            let text = clean(&line);
            prop_assert!(!text.chars().any(|letter| letter.is_control() && letter != '\t'));
            prop_assert_eq!(clean(text.as_bytes()), text);
        }
    }
}

//! Go's goroutine profile as text, `/debug/pprof/goroutine?debug=1`: written by `printCountProfile` of Go's `runtime/pprof`.
//!
//! ```text
//! goroutine profile: total 41203
//! 41191 @ 0x43e2f6 0x46c541
//! # labels: {"queue":"mail"}
//! #    0x7f1c9a    github.com/go-redis/redis/internal/pool.(*ConnPool).reaper+0x7b    /go/…/pool.go:492
//! ```
//! Stacks come by how many goroutines have them, most first, with an empty line between them.

use super::{MOST_STACKS, Profile, Stack};
use crate::panic::{Frame, MOST_FRAMES, go_frame};

/// The profile in a text that may be cut off; `None` when it is something else.
pub fn goroutines(text: &str) -> Option<Profile> {
    let mut lines = text.lines();
    let total = lines
        .next()?
        .strip_prefix("goroutine profile: total ")?
        .trim()
        .parse()
        .ok()?;
    let mut stacks: Vec<Stack> = Vec::new();
    for line in lines {
        if let Some(rest) = line.strip_prefix('#') {
            if let Some(stack) = stacks.last_mut()
                && stack.frames.len() < MOST_FRAMES
            {
                stack.frames.extend(frame(rest));
            }
        } else if let Some(count) = count(line) {
            if stacks.len() == MOST_STACKS {
                break;
            }
            stacks.push(Stack {
                count,
                frames: Vec::new(),
            });
        }
    }
    // Those whose functions have no names tell nothing.
    stacks.retain(|stack| !stack.frames.is_empty());
    Some(Profile { total, stacks })
}

/// `41191 @ 0x43e2f6 0x46c541`
fn count(line: &str) -> Option<u64> {
    let (count, _addresses) = line.split_once(" @")?;
    count.parse().ok()
}

/// Address, function with offset, and place, aligned with tabs; labels have none of that.
fn frame(line: &str) -> Option<Frame> {
    let mut columns = line.split('\t').filter(|column| !column.is_empty());
    let (_address, function, place) = (columns.next()?, columns.next()?, columns.next()?);
    let function = function
        .rsplit_once("+0x")
        .map_or(function, |(function, _offset)| function);
    Some(go_frame(function, place.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "goroutine profile: total 41203
41191 @ 0x43e2f6 0x46c541
# labels: {\"queue\":\"mail\"}
#\t0x7f1c9a\tgithub.com/go-redis/redis/internal/pool.(*ConnPool).reaper+0x7b\t\t/go/pkg/mod/pool.go:492

7 @ 0x43e2f6
#\t0x46c540

5 @ 0x1 0x2
#\t0x1\ttime.Sleep+0x145\t/usr/local/go/src/runtime/time.go:338
#\t0x2\tmain.refresh+0x1c\t\t\t/src/main.go:71
";

    #[test]
    fn stacks_are_read_with_their_functions_and_places() {
        let profile = goroutines(TEXT).expect("is one");
        assert_eq!(profile.total, 41_203);
        let told: Vec<_> = profile
            .stacks
            .iter()
            .map(|stack| {
                let frames = stack.frames.iter();
                let names: Vec<_> = frames
                    .map(|frame| (frame.function.as_str(), frame.line, frame.in_app))
                    .collect();
                (stack.count, names)
            })
            .collect();
        let reaper = "github.com/go-redis/redis/internal/pool.(*ConnPool).reaper";
        let expected = vec![
            (41_191, vec![(reaper, Some(492), true)]),
            (
                5,
                vec![
                    ("time.Sleep", Some(338), false),
                    ("main.refresh", Some(71), true),
                ],
            ),
        ];
        assert_eq!(told, expected);
        let file = profile.stacks[0].frames[0].file.as_deref();
        assert_eq!(file, Some("/go/pkg/mod/pool.go"));
    }

    #[test]
    fn what_is_no_goroutine_profile_is_none() {
        for text in [
            "",
            "heap profile: 3: 4 [5: 6]",
            "goroutine profile: total many",
        ] {
            assert_eq!(goroutines(text), None, "{text}");
        }
    }

    #[test]
    fn a_thousand_stacks_are_cut() {
        let mut text = "goroutine profile: total 1000\n".to_owned();
        for number in 0..1_000 {
            let deep = "#\t0x1\tmain.deep+0x1\t/a.go:2\n".repeat(100);
            let _infallible = write!(text, "1 @ 0x1\n#\t0x1\tmain.f{number}+0x1\t/a.go:1\n{deep}");
        }
        let profile = goroutines(&text).expect("is one");
        assert_eq!(profile.stacks.len(), MOST_STACKS);
        assert!(
            profile
                .stacks
                .iter()
                .all(|stack| stack.frames.len() == MOST_FRAMES)
        );
    }

    proptest! {
        #[test]
        fn no_text_and_no_cut_breaks_it(end in 0..TEXT.len(), text: String) {
            let _any = goroutines(&text);
            let cut = goroutines(&TEXT[..end]);
            prop_assert!(cut.is_none_or(|profile| profile.stacks.len() <= 2));
        }
    }
}

//! Which goroutines became more in the life of a run: where one is begun for every request and never ends, that is the leak.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use super::{Profile, Seen, Stack};
use crate::panic::Frame;

/// Times are told to the millisecond, as those of samples are.
const KEPT_DIGITS: u16 = 3;
/// Stacks that are kept of a run.
const MOST: usize = 16;
/// A leak is at least so large a share of all goroutines: what kills a program outnumbers what it does.
const SHARE: f64 = 0.5;
/// And so many more than at first: pools and servers of a healthy program stay below.
const MORE: u64 = 100;
/// And so many times as many.
const TIMES: u64 = 3;

/// Goroutines before the end of a run beside those at its begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = GoroutineGrowth))]
pub struct Growth {
    /// When the run was looked at first; `null` when it did not live long enough for a second look.
    pub first_at: Option<DateTime<Utc>>,
    /// How many goroutines there were then.
    pub first_total: Option<u64>,
    /// The last look before the end.
    pub last_at: DateTime<Utc>,
    /// How many there were then.
    pub last_total: u64,
    /// By where they are, those that became most more first; sixteen at most.
    pub stacks: Vec<Grown>,
}

/// Goroutines that all are at the same place, called the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = GrownStack))]
pub struct Grown {
    /// How many there were at first. 0 as well when they were too few to be told.
    pub first: u64,
    /// How many there were last.
    pub last: u64,
    /// Where, the innermost function first.
    pub frames: Vec<Frame>,
}

impl Growth {
    /// Puts the last profile of a run beside its first. Without a first one everything is as it was last.
    pub fn between(first: Option<&Seen>, last: &Seen) -> Self {
        let before = first.map(|first| &first.profile);
        let grown = last.profile.stacks.iter().map(|stack| Grown {
            first: before.map_or(0, |before| count(before, stack)),
            last: stack.count,
            frames: stack.frames.clone(),
        });
        let mut stacks: Vec<Grown> = grown.collect();
        stacks.sort_by_key(|stack| std::cmp::Reverse((stack.more(), stack.last)));
        stacks.truncate(MOST);
        Self {
            first_at: first.map(|first| first.at.trunc_subsecs(KEPT_DIGITS)),
            first_total: before.map(|before| before.total),
            last_at: last.at.trunc_subsecs(KEPT_DIGITS),
            last_total: last.profile.total,
            stacks,
        }
    }

    /// The place where goroutines pile up, if there is one.
    pub fn leak(&self) -> Option<&Grown> {
        self.first_at?;
        let most = self.stacks.first()?;
        let is_most = most.last as f64 >= SHARE * self.last_total as f64;
        let is_more = most.more() >= MORE.cast_signed() && most.last >= TIMES * most.first;
        (is_most && is_more).then_some(most)
    }

    /// Goroutines that are in none of its stacks.
    pub fn others(&self) -> u64 {
        let told: u64 = self.stacks.iter().map(|stack| stack.last).sum();
        self.last_total.saturating_sub(told)
    }
}

impl Grown {
    /// How many more they became; fewer is negative.
    pub const fn more(&self) -> i64 {
        self.last
            .cast_signed()
            .saturating_sub(self.first.cast_signed())
    }

    /// The innermost function that is not the runtime's or the standard library's; the innermost when all are.
    pub fn place(&self) -> Option<&Frame> {
        let own = self.frames.iter().find(|frame| frame.in_app);
        own.or_else(|| self.frames.first())
    }
}

fn count(profile: &Profile, like: &Stack) -> u64 {
    let same = profile
        .stacks
        .iter()
        .filter(|stack| stack.frames == like.frames);
    same.map(|stack| stack.count).sum()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{Timestamp, panic::go_frame};

    fn seen(minute: i64, stacks: &[(&str, u64)]) -> Seen {
        let stacks: Vec<Stack> = stacks
            .iter()
            .map(|(function, count)| Stack {
                count: *count,
                frames: vec![
                    go_frame("time.Sleep", "/usr/local/go/src/runtime/time.go:338"),
                    go_frame(function, "/src/main.go:1"),
                ],
            })
            .collect();
        Seen {
            at: Timestamp::from_timestamp(minute * 60, 0).expect("in range"),
            profile: Profile {
                total: stacks.iter().map(|stack| stack.count).sum(),
                stacks,
            },
        }
    }

    #[test]
    fn what_became_most_more_comes_first_and_is_named_by_its_own_code() {
        let first = seen(1, &[("main.serve", 300), ("main.reap", 2)]);
        let last = seen(
            50,
            &[("main.reap", 41_000), ("main.serve", 290), ("main.new", 7)],
        );
        let growth = Growth::between(Some(&first), &last);
        let told: Vec<_> = growth
            .stacks
            .iter()
            .map(|stack| (stack.first, stack.last, stack.more()))
            .collect();
        assert_eq!(told, [(2, 41_000, 40_998), (0, 7, 7), (300, 290, -10)]);
        assert_eq!((growth.first_total, growth.last_total), (Some(302), 41_297));
        let place = growth.leak().and_then(Grown::place);
        assert_eq!(
            place.map(|frame| frame.function.as_str()),
            Some("main.reap")
        );
        assert_eq!(growth.others(), 0);
    }

    #[rstest]
    #[case::grown((10, 500), (20, 20), true)]
    #[case::not_most((10, 500), (400, 620), false)]
    #[case::few((10, 109), (20, 20), false)]
    #[case::as_ever((400, 1_000), (20, 20), false)]
    #[case::fewer((1_000, 500), (20, 20), false)]
    fn a_leak_is_most_of_all_and_far_more_than_at_first(
        #[case] grown: (u64, u64),
        #[case] other: (u64, u64),
        #[case] is_leak: bool,
    ) {
        let first = seen(1, &[("main.a", grown.0), ("main.b", other.0)]);
        let last = seen(9, &[("main.a", grown.1), ("main.b", other.1)]);
        assert_eq!(
            Growth::between(Some(&first), &last).leak().is_some(),
            is_leak
        );
        assert_eq!(
            Growth::between(None, &last).leak(),
            None,
            "nothing to compare with"
        );
    }

    #[test]
    fn what_is_not_told_is_counted() {
        let names: Vec<String> = (0..40).map(|number| format!("main.f{number}")).collect();
        let stacks: Vec<_> = names.iter().map(|name| (name.as_str(), 10)).collect();
        let growth = Growth::between(None, &seen(1, &stacks));
        assert_eq!((growth.stacks.len(), growth.others()), (16, 240));
    }
}

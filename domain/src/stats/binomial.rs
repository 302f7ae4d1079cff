//! How often something of a known chance happens in a number of trials.

/// The probability of at least `hits` in `trials`, each with probability `chance`: the exact sum, made from logarithms so that
/// thousands of trials neither overflow nor vanish.
pub fn at_least(hits: u32, trials: u32, chance: f64) -> f64 {
    if hits == 0 {
        return 1.0;
    }
    if hits > trials || chance <= 0.0 {
        return 0.0;
    }
    if chance >= 1.0 {
        return 1.0;
    }
    let (with, without) = (chance.ln(), (-chance).ln_1p());
    let mut ways = 0.0;
    let mut sum = 0.0;
    for count in 0..=trials {
        if count > 0 {
            ways += f64::from(trials - count + 1).ln() - f64::from(count).ln();
        }
        if count >= hits {
            sum += (ways + f64::from(count) * with + f64::from(trials - count) * without).exp();
        }
    }
    sum.min(1.0)
}

/// The probability of at most `hits`.
pub fn at_most(hits: u32, trials: u32, chance: f64) -> f64 {
    at_least(trials.saturating_sub(hits), trials, 1.0 - chance)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 10, 0.5, 1.0)]
    #[case(10, 10, 0.5, 1.0 / 1024.0)]
    #[case(1, 2, 0.5, 0.75)]
    #[case(3, 2, 0.5, 0.0)]
    #[case(2, 5, 0.0, 0.0)]
    #[case(2, 5, 1.0, 1.0)]
    fn tails(#[case] hits: u32, #[case] trials: u32, #[case] chance: f64, #[case] expected: f64) {
        assert!((at_least(hits, trials, chance) - expected).abs() < 1e-12);
    }

    #[test]
    fn thousands_of_trials_stay_finite() {
        assert!((at_least(5_000, 10_000, 0.5) - 0.504).abs() < 0.001);
        assert!(at_least(19, 19, 0.004) > 0.0);
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_every_outcome(trials in 1_u32..12, hits in 0_u32..12, chance in 0.0..1.0_f64) {
            let every: f64 = (0_u32..1 << trials)
                .map(u32::count_ones)
                .filter(|count| *count >= hits)
                .map(|count| chance.powi(count as i32) * (1.0 - chance).powi((trials - count) as i32))
                .sum();
            prop_assert!((at_least(hits, trials, chance) - every).abs() < 1e-9);
            prop_assert!((at_most(hits, trials, chance) + at_least(hits + 1, trials, chance) - 1.0).abs() < 1e-9);
        }
    }
}

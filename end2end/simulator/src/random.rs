//! Randomness as pure functions of a seed, so that the same fleet, seed and start always tell the same story.

/// Scrambles a number so well that its bits can be used as random ones (the finaliser of splitmix64).
pub(crate) fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// A seed made from a seed and a name.
pub(crate) fn named(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

/// The `n`th number of a seed's sequence, in `0.0..1.0`.
pub(crate) fn unit(seed: u64, n: i64) -> f64 {
    (mix(seed ^ mix(n as u64)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The `n`th number of a seed's sequence, in `-1.0..1.0`.
pub(crate) fn signed(seed: u64, n: i64) -> f64 {
    unit(seed, n).mul_add(2.0, -1.0)
}

/// Smooth noise over time, in `-1.0..1.0`: a new random height every `period` nanoseconds, eased between.
pub(crate) fn wave(seed: u64, at: i64, period: i64) -> f64 {
    let (step, rest) = (
        at.div_euclid(period),
        at.rem_euclid(period) as f64 / period as f64,
    );
    let (from, to) = (signed(seed, step), signed(seed, step + 1));
    let eased = rest * rest * 2.0_f64.mul_add(-rest, 3.0);
    (to - from).mul_add(eased, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_range_and_repeat() {
        for n in 0..1_000 {
            assert!((0.0..1.0).contains(&unit(7, n)));
            assert!((-1.0..=1.0).contains(&wave(7, n * 31, 100)));
            assert_eq!(unit(7, n).to_bits(), unit(7, n).to_bits());
        }
        assert_ne!(named(1, "checkout"), named(1, "catalog"));
        assert_ne!(named(1, "checkout"), named(2, "checkout"));
    }
}

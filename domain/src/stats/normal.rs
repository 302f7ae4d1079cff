//! The normal distribution.

/// The probability that a standard normal value is above `z`.
///
/// Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.2.17; the error is below 7.5e-8.
pub fn upper_tail(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - upper_tail(-z);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let polynomial = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    density * polynomial
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    #[rstest]
    #[case(0.0, 0.5)]
    #[case(1.0, 0.158_655_25)]
    #[case(1.644_853_63, 0.05)]
    #[case(-1.0, 0.841_344_75)]
    #[case(3.0, 0.001_349_9)]
    fn tails(#[case] z: f64, #[case] expected: f64) {
        assert!((super::upper_tail(z) - expected).abs() < 1e-6);
    }
}

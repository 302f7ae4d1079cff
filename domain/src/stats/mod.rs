//! Robust statistics: what a few wild readings cannot bend.

pub mod binomial;
pub mod normal;
pub mod rank;
pub mod trend;

/// The value below which a share `q` of the values lies, interpolated between neighbours. `None` when there are none.
///
/// Definition 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (1996).
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    Some(below + (above - below) * place.fract())
}

/// Whether two values are the same number: ties are exact, not near.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that `chunk_by` asks for"
)]
fn equal(a: &f64, b: &f64) -> bool {
    a.total_cmp(b).is_eq()
}

/// The middle value. `None` when there is none.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], 0.5, None)]
    #[case(&[3.0], 0.9, Some(3.0))]
    #[case(&[4.0, 1.0, 3.0, 2.0], 0.5, Some(2.5))]
    #[case(&[4.0, 1.0, 3.0, 2.0], 0.0, Some(1.0))]
    #[case(&[4.0, 1.0, 3.0, 2.0], 1.0, Some(4.0))]
    fn quantiles(#[case] values: &[f64], #[case] q: f64, #[case] expected: Option<f64>) {
        assert_eq!(quantile(values, q), expected);
    }
}

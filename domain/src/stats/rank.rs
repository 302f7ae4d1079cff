//! Whether one group of values tends to lie above another, whatever their distribution.

use super::{equal, normal::upper_tail};

/// What a comparison of two groups says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The probability that a value of the second group is above one of the first; ties count half. 0.5 means no difference.
    pub superiority: f64,
    /// How likely the second group would lie this far below the first (or further) by chance.
    pub chance_lower: f64,
}

/// Compares two groups by the ranks of their values (Mann and Whitney 1947), with the exact distribution for small groups without
/// ties and else the normal approximation with the correction for ties. `None` when a group is empty.
pub fn compare(first: &[f64], second: &[f64]) -> Option<Comparison> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let pairs = (first.len() * second.len()) as f64;
    let above: f64 = second
        .iter()
        .flat_map(|b| first.iter().map(move |a| half_points(*a, *b)))
        .sum();
    let chance_lower = if first.len() + second.len() <= EXACT && !has_ties(first, second) {
        exact_lower(first.len(), second.len(), above as usize)
    } else {
        approximate_lower(first, second, above)
    };
    Some(Comparison {
        superiority: above / pairs,
        chance_lower,
    })
}

/// Up to this many values the exact distribution is counted; beyond, the approximation is as good.
const EXACT: usize = 24;

fn half_points(a: f64, b: f64) -> f64 {
    match b.total_cmp(&a) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    }
}

fn joined(first: &[f64], second: &[f64]) -> Vec<f64> {
    let mut all = [first, second].concat();
    all.sort_by(f64::total_cmp);
    all
}

fn has_ties(first: &[f64], second: &[f64]) -> bool {
    joined(first, second)
        .windows(2)
        .any(|pair| equal(&pair[0], &pair[1]))
}

/// The share of all orders in which the second group wins at most `above` pairs.
fn exact_lower(first: usize, second: usize, above: usize) -> f64 {
    // ways[u]: orders of the groups taken so far in which the second wins u pairs, by adding one value of the second group at a
    // time; the number of partitions of u into at most `second` parts of at most `first`.
    let most = first * second;
    let mut ways = vec![vec![0.0_f64; most + 1]; second + 1];
    ways[0][0] = 1.0;
    for part in 0..=first {
        let mut next = vec![vec![0.0; most + 1]; second + 1];
        for taken in 0..=second {
            for more in 0..=second - taken {
                for won in 0..=most.saturating_sub(part * more) {
                    next[taken + more][won + part * more] += ways[taken][won];
                }
            }
        }
        ways = next;
    }
    let orders = &ways[second];
    orders[..=above.min(most)].iter().sum::<f64>() / orders.iter().sum::<f64>()
}

fn approximate_lower(first: &[f64], second: &[f64], above: f64) -> f64 {
    let (m, n) = (first.len() as f64, second.len() as f64);
    let total = m + n;
    let all = joined(first, second);
    let ties: f64 = all
        .chunk_by(equal)
        .map(|tie| (tie.len() as f64).powi(3) - tie.len() as f64)
        .sum();
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    // Half a pair towards the middle: the counts are whole numbers, the distribution is not.
    upper_tail((m * n / 2.0 - above - 0.5) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn three_below_three_happens_once_in_twenty() {
        let said = compare(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]).unwrap();
        assert!(said.superiority.abs() < 1e-12);
        assert!((said.chance_lower - 0.05).abs() < 1e-12);
    }

    #[test]
    fn equal_groups_differ_by_nothing() {
        let said = compare(&[1.0; 5], &[1.0; 7]).unwrap();
        assert!((said.superiority - 0.5).abs() < 1e-12);
        assert!(said.chance_lower > 0.49);
        assert_eq!(compare(&[], &[1.0]), None);
    }

    proptest! {
        #[test]
        fn the_approximation_is_near_the_exact_count(values in vec(0_u32..1_000_000, 20), split in 8_usize..12) {
            let mut distinct = values.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assume!(distinct.len() == values.len());
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let (first, second) = values.split_at(split);
            let above: f64 = second.iter().flat_map(|b| first.iter().map(move |a| half_points(*a, *b))).sum();
            let exact = exact_lower(first.len(), second.len(), above as usize);
            prop_assert!((exact - approximate_lower(first, second, above)).abs() < 0.02);
        }
    }
}

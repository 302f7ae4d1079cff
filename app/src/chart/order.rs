//! Puts what happened in the order of time.

/// Sorts by time in milliseconds; equals keep their places. The server tells facts nearly in order, for which insertion is linear, and
/// the standard library's sorts would add kilobytes to the download for every type of item.
pub fn by_time<T>(items: &mut [T], at: impl Fn(&T) -> i64) {
    for end in 1..items.len() {
        let mut place = end;
        while place > 0 && at(&items[place - 1]) > at(&items[place]) {
            items.swap(place - 1, place);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_orders_as_the_standard_library_does(mut items: Vec<(i64, u8)>) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            by_time(&mut items, |item| item.0);
            prop_assert_eq!(items, expected);
        }
    }
}

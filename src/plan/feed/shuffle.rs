//! Orders drawn from a seed, without memory and without a lock.

/// Where `index` goes in one order of `0..count`; every `key` is another order. `index` must be below `count`.
///
/// A Feistel network permutes the next power of four, and what falls outside of `0..count` is sent through it again until
/// it falls inside (cycle walking; Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). So any number of
/// threads can take the next row of a shuffled feed with one atomic counter between them. It takes at most four
/// walks on average, more only for a handful of rows.
pub(super) fn permuted(index: u64, count: u64, key: u64) -> u64 {
    debug_assert!(index < count, "there is no such row");
    // Below two bits a half the network knows too few orders.
    let half = (u64::BITS - count.saturating_sub(1).leading_zeros()).div_ceil(2).max(2);
    let mask = (1u64 << half) - 1;
    let mut at = index;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..6 {
            (left, right) = (right, left ^ (mix(right ^ mix(key.wrapping_add(round))) & mask));
        }
        at = left << half | right;
        if at < count {
            return at;
        }
    }
}

/// Spreads every bit of `value` over all bits (the finalizer of SplitMix64).
pub(super) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_order_has_every_row_once(count in 1u64..300, key in any::<u64>()) {
            let mut order: Vec<u64> = (0..count).map(|index| permuted(index, count, key)).collect();
            order.sort_unstable();
            prop_assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_row_comes_first_about_equally_often() {
        for count in [2u64, 3, 5, 20] {
            let mut first = vec![0u32; count as usize];
            let draws = 3_000 * count;
            (0..draws).for_each(|key| first[permuted(0, count, mix(key)) as usize] += 1);
            assert!(first.iter().all(|times| (2_700..3_300).contains(times)), "{count}: {first:?}");
        }
    }
}

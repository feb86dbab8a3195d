//! How users are shared among classes.

/// Distributes `total` users among classes of these weights: largest remainders, and at least one each where there
/// are as many users as classes. Classes of weight zero get none.
pub fn apportion(total: u32, weights: &[f64]) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let present = weights.iter().filter(|&&weight| weight > 0.0).count() as u32;
    if sum <= 0.0 || present == 0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<f64> = weights.iter().map(|weight| weight / sum * f64::from(total)).collect();
    let mut shares: Vec<u32> = exact.iter().map(|share| (share + 1e-9).floor() as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&class| weights[class] > 0.0).collect();
    order.sort_by(|&a, &b| (exact[b] - f64::from(shares[b])).total_cmp(&(exact[a] - f64::from(shares[a]))).then(a.cmp(&b)));
    let mut rest = total - shares.iter().sum::<u32>().min(total);
    for &class in order.iter().cycle().take_while(|_| total > 0) {
        if rest == 0 {
            break;
        }
        shares[class] += 1;
        rest -= 1;
    }
    if total >= present {
        for class in 0..weights.len() {
            if weights[class] > 0.0 && shares[class] == 0 {
                let richest = (0..shares.len()).max_by_key(|&other| (shares[other], usize::MAX - other)).unwrap_or(0);
                shares[richest] -= 1;
                shares[class] = 1;
            }
        }
    }
    shares
}

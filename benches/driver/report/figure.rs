//! Numbers for people.

/// Four digits are more than a measurement is worth.
const DIGITS: i32 = 4;

/// The number to four digits.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let mut scale = 1.0;
    for _ in 0..20 {
        let scaled = value.abs() * scale;
        if scaled >= 10_f64.powi(DIGITS) {
            scale /= 10.0;
        } else if scaled < 10_f64.powi(DIGITS - 1) {
            scale *= 10.0;
        } else {
            break;
        }
    }
    (value * scale).round() / scale
}

/// The number with as many decimals as its size needs, and its thousands apart.
pub(super) fn shown(value: f64) -> String {
    let decimals = match value.abs() {
        size if size == 0.0 || size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    let plain = format!("{value:.decimals$}");
    let (whole, fraction) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut apart = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + fraction
}

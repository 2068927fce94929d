//! The four paths under which the API is served.

/// Every operation is at each of these, followed by its own path.
pub const BASES: [&str; 4] =
    ["/bff/billing-service/api/v1", "/bff/billing/api/v1", "/billing/api/v1", "/api/v1"];

/// The path of an operation, whichever base it was called under. Other paths stay as they are.
pub fn without_base(path: &str) -> &str {
    let under = |base| path.strip_prefix(base).filter(|rest: &&str| rest.starts_with('/'));
    BASES.into_iter().find_map(under).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_the_same_under_every_base() {
        for base in BASES {
            assert_eq!(without_base(&format!("{base}/billing/plans")), "/billing/plans");
        }
        for other in ["/healthz", "/billing/plans", "/api/v10/billing/plans", "/api/v1"] {
            assert_eq!(without_base(other), other);
        }
    }
}

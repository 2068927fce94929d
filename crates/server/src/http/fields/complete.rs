//! Turning a tuple of values that may be missing into one of values that are there.

/// A tuple of options.
pub trait Complete {
    /// The tuple without the options.
    type Out;

    /// Every value, if every one is there.
    fn complete(self) -> Option<Self::Out>;
}

impl Complete for () {
    type Out = ();

    fn complete(self) -> Option<()> {
        Some(())
    }
}

macro_rules! complete {
    ($($value:ident: $kind:ident),+) => {
        impl<$($kind),+> Complete for ($(Option<$kind>,)+) {
            type Out = ($($kind,)+);

            fn complete(self) -> Option<Self::Out> {
                let ($($value,)+) = self;
                Some(($($value?,)+))
            }
        }
    };
}

complete!(a: A);
complete!(a: A, b: B);
complete!(a: A, b: B, c: C);
complete!(a: A, b: B, c: C, d: D);
complete!(a: A, b: B, c: C, d: D, e: E);
complete!(a: A, b: B, c: C, d: D, e: E, f: F);
complete!(a: A, b: B, c: C, d: D, e: E, f: F, g: G);
complete!(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H);

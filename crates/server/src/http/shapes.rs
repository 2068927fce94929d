//! The shapes of the bodies around what operations answer, for the OpenAPI document.

/// Declares the envelope of one thing, or of a list of it, under a name of its own: generic ones
/// would be inlined into every operation.
macro_rules! envelope {
    ($(#[$doc:meta])* $name:ident { data: $data:ty }) => {
        $(#[$doc])*
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "it documents a body, which is written straight to bytes")]
        pub(crate) struct $name {
            /// Always 0.
            #[schema(example = 0)]
            code: i64,
            /// Always `success`.
            #[schema(example = "success")]
            message: String,
            /// What was asked for.
            data: $data,
            /// When it was answered, RFC 3339 in UTC.
            #[schema(example = "2026-05-12T10:00:00Z")]
            timestamp: String,
        }
    };
    ($(#[$doc:meta])* $name:ident { items: $item:ty }) => {
        $(#[$doc])*
        #[derive(utoipa::ToSchema)]
        #[expect(dead_code, reason = "it documents a body, which is written straight to bytes")]
        pub(crate) struct $name {
            /// Always 0.
            #[schema(example = 0)]
            code: i64,
            /// Always `success`.
            #[schema(example = "success")]
            message: String,
            /// The rows of the page, newest first.
            items: Vec<$item>,
            /// Where the page stands in the list.
            pagination: crate::http::paging::PageInfo,
            /// Rows of the whole list.
            #[schema(example = 1)]
            total: i64,
            /// When it was answered, RFC 3339 in UTC.
            #[schema(example = "2026-05-12T10:00:00Z")]
            timestamp: String,
        }
    };
}

pub(crate) use envelope;

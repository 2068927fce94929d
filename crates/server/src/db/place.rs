//! Rows that are read by the places of their columns.
//!
//! `#[derive(sqlx::FromRow)]` looks each column of each row up by its name, which is felt where a
//! page has hundreds of them. What is not here: a check of the names; a statement must give the
//! columns in the order of the fields.

/// Reads a row into a struct, its columns in the order of the fields.
macro_rules! by_place {
    ($row:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $row
        where
            usize: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)+
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                let mut place = 0..;
                $(
                    let at = place.next().unwrap_or(usize::MAX);
                    // That the types fit is seen by the tests, so not for every row of every page.
                    let $field = if cfg!(debug_assertions) {
                        row.try_get(at)?
                    } else {
                        row.try_get_unchecked(at)?
                    };
                )+
                Ok(Self { $($field),+ })
            }
        }
    };
}

pub(crate) use by_place;

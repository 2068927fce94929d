//! The list of gateways.

use countinghouse_core::search::fold::{LETTERS_MAX, TooMuch, WORDS_MAX, Word, Words};

use super::{store, view::GatewayView};
use crate::{
    db::{Db, Purpose},
    http::{
        fields::Parsed,
        keyset::{COUNTED_MAX, Keyset},
        paging::PageInfo,
        problem::ApiError,
        query::Query,
    },
};

/// A page of the gateways whose name and code have the words that are asked for, newest first.
pub(super) async fn page(db: &Db, query: &Query) -> Result<(Vec<GatewayView>, PageInfo), ApiError> {
    let mut fields = query.fields()?;
    let words = fields.optional("name_or_code", Parsed(read_words)).unwrap_or_default();
    let texts: Vec<&str> = words.iter().map(Word::text).collect();
    let identity = texts.join(" ");
    let list = ["payment gateways", &identity];
    let keyset = Keyset::read(&mut fields, &list);
    fields.finish(())?;
    let mut tx = db.snapshot(Purpose::Page).await?;
    let counted = store::count(&mut tx, &words, COUNTED_MAX + 1).await?;
    let mut found = store::page(&mut tx, &words, keyset.after(), keyset.rows()).await?;
    let end = keyset.cut(&mut found).map(|(it, _)| it.id.to_string());
    let info = keyset.info(counted, end.as_deref(), &list);
    Ok((found.iter().map(|(it, config)| GatewayView::new(it, config)).collect(), info))
}

fn read_words(text: &str) -> Result<Words, String> {
    Words::parse(text).map_err(|too_much| match too_much {
        TooMuch::Letters => format!("must have at most {LETTERS_MAX} letters"),
        TooMuch::Words => format!("must have at most {WORDS_MAX} words"),
    })
}

//! The head of a sealed chunk.

use countinghouse_core::search::plan::Chunk;

/// What a plan is made from.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Head {
    /// The number of the chunk.
    pub(super) chunk: i64,
    min_amount: i64,
    max_amount: i64,
    min_id: String,
    max_id: String,
    #[sqlx(default)]
    numbers: Vec<u8>,
    #[sqlx(default)]
    words: Vec<u8>,
}

impl Head {
    /// The chunk as plans see it.
    pub(super) fn as_chunk(&self) -> Chunk<'_> {
        Chunk {
            number: self.chunk,
            words: &self.words,
            numbers: &self.numbers,
            min_amount: self.min_amount,
            max_amount: self.max_amount,
            min_id: &self.min_id,
            max_id: &self.max_id,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let own = size_of::<Self>() + self.min_id.len() + self.max_id.len();
        own + self.numbers.len() + self.words.len()
    }
    /// A head with these words, whatever they are.
    #[cfg(test)]
    pub(super) fn of_words(chunk: i64, words: Vec<u8>) -> Self {
        let (min_id, max_id) = (String::new(), String::new());
        Self { chunk, min_amount: 0, max_amount: 0, min_id, max_id, numbers: Vec::new(), words }
    }
}

-- The search index of a full chunk of records: written once, when the chunk fills, and never again.
-- What is small stands first, so that it is read without the rest.
CREATE TABLE record_chunk (
    tenant_id   TEXT    NOT NULL,
    chunk       BIGINT  NOT NULL CHECK (chunk >= 0),
    min_amount  BIGINT  NOT NULL,
    max_amount  BIGINT  NOT NULL,
    min_id      TEXT    NOT NULL,
    max_id      TEXT    NOT NULL,
    numbers     BYTEA   NOT NULL,
    amounts     BYTEA   NOT NULL,
    words       BYTEA   NOT NULL,
    PRIMARY KEY (tenant_id, chunk)
); -- heap

-- Where the words of a chunk occur. `place` is the chunk and the number of the page in one number,
-- so that the pages of many chunks are found by one list.
CREATE TABLE record_chunk_page (
    tenant_id   TEXT    NOT NULL,
    place       BIGINT  NOT NULL CHECK (place >= 0),
    postings    BYTEA   NOT NULL,
    PRIMARY KEY (tenant_id, place)
); -- heap

-- The statuses of records in full chunks, half a byte each. Changes with the records.
CREATE TABLE record_status_block (
    tenant_id   TEXT    NOT NULL,
    block       BIGINT  NOT NULL CHECK (block >= 0),
    codes       BYTEA   NOT NULL,
    PRIMARY KEY (tenant_id, block)
);

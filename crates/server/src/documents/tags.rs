//! The structure of a document for who listens to it: headings, paragraphs, tables.

use std::num::NonZeroU16;

use krilla::tagging::{
    Artifact, ArtifactType, Identifier, Node, TableHeaderScope, Tag, TagGroup, TagTree,
};

use super::layout::{Role, Row, Table};

/// The tree, as it grows in the order of reading.
#[derive(Default)]
pub(super) struct Tags {
    nodes: Vec<Node>,
    table: Option<Open>,
}

/// The table that is being read.
struct Open {
    table: Table,
    heads: Option<TagGroup>,
    body: TagGroup,
    row: Option<(usize, TagGroup)>,
}

/// What a role is that has no place in the tree.
pub(super) fn artifact(role: Role) -> Option<Artifact> {
    let kind = match role {
        Role::Title | Role::Heading | Role::Paragraph | Role::Cell(..) => return None,
        Role::Again => ArtifactType::Header,
        Role::Foot => ArtifactType::Footer,
        Role::PageNumber => ArtifactType::PageNumber,
    };
    Some(Artifact::with_kind(kind))
}

impl Tags {
    /// Adds what was drawn, with what it says.
    pub(super) fn push(&mut self, role: Role, text: &str, drawn: Identifier) {
        match role {
            Role::Title => self.heading(1, text, drawn),
            Role::Heading => self.heading(2, text, drawn),
            Role::Cell(table, row) => self.cell(table, row, drawn),
            _ => {
                self.close();
                self.nodes.push(group(Tag::P, drawn).into());
            }
        }
    }

    /// The whole tree.
    pub(super) fn finish(mut self) -> TagTree {
        self.close();
        TagTree::from(self.nodes)
    }

    fn heading(&mut self, level: u16, text: &str, drawn: Identifier) {
        self.close();
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        self.nodes.push(group(Tag::Hn(level, Some(text.to_owned())), drawn).into());
    }

    fn cell(&mut self, table: Table, row: Row, drawn: Identifier) {
        if self.table.as_ref().is_some_and(|open| open.table != table) {
            self.close();
        }
        let open = self.table.get_or_insert_with(|| Open {
            table,
            heads: None,
            body: TagGroup::new(Tag::TBody),
            row: None,
        });
        match row {
            Row::Heads => {
                let heads = open.heads.get_or_insert_with(|| TagGroup::new(Tag::TR));
                heads.push(group(Tag::TH(TableHeaderScope::Column), drawn));
            }
            Row::Data { row, is_head } => open.data(row, is_head, drawn),
        }
    }

    fn close(&mut self) {
        if let Some(mut open) = self.table.take() {
            open.end_row();
            let mut table = TagGroup::new(Tag::Table);
            if let Some(heads) = open.heads {
                table.push(TagGroup::with_children(Tag::THead, vec![heads.into()]));
            }
            table.push(open.body);
            self.nodes.push(table.into());
        }
    }
}

impl Open {
    fn data(&mut self, at: usize, is_head: bool, drawn: Identifier) {
        if self.row.as_ref().is_some_and(|(row, _)| *row != at) {
            self.end_row();
        }
        let (_, row) = self.row.get_or_insert_with(|| (at, TagGroup::new(Tag::TR)));
        if is_head {
            row.push(group(Tag::TH(TableHeaderScope::Row), drawn));
        } else {
            row.push(group(Tag::TD, drawn));
        }
    }

    fn end_row(&mut self) {
        if let Some((_, row)) = self.row.take() {
            self.body.push(row);
        }
    }
}

fn group(tag: impl Into<krilla::tagging::TagKind>, drawn: Identifier) -> TagGroup {
    TagGroup::with_children(tag, vec![drawn.into()])
}

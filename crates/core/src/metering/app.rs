//! The life of an app, as it is billed.

use crate::{
    calendar::Instant,
    id::{AppId, SubscriptionAppId},
};

/// An app of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// `sa_…`
    pub id: SubscriptionAppId,
    /// What the tenant calls it.
    pub app: AppId,
    /// Whether it is used.
    pub status: AppStatus,
    /// Since when nothing that it uses is counted any more, where it is deleted.
    pub deleted_at: Option<Instant>,
    /// When it was first named.
    pub created_at: Instant,
}

/// Whether an app is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppStatus {
    /// It is.
    Active,
    /// A quota check refuses whatever it asks for. What it reports all the same is counted.
    Suspended,
    /// What it used before is billed, and nothing after.
    Deleted,
}

/// What happens to an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppEvent {
    /// It is suspended.
    Suspend,
    /// It is active again.
    Resume,
    /// It is deleted, for good.
    Delete,
}

/// An app is deleted, and stays so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the app is deleted")]
pub struct AppDeleted;

impl App {
    /// An app that is named for the first time.
    pub const fn new(id: SubscriptionAppId, app: AppId, at: Instant) -> Self {
        Self { id, app, status: AppStatus::Active, deleted_at: None, created_at: at }
    }

    /// What becomes of it by an event. What it is already it stays, and since when.
    pub fn after(self, event: AppEvent, at: Instant) -> Result<Self, AppDeleted> {
        let status = match (self.status, event) {
            (AppStatus::Deleted, AppEvent::Delete) => return Ok(self),
            (AppStatus::Deleted, _) => return Err(AppDeleted),
            (_, AppEvent::Suspend) => AppStatus::Suspended,
            (_, AppEvent::Resume) => AppStatus::Active,
            (_, AppEvent::Delete) => {
                return Ok(Self { status: AppStatus::Deleted, deleted_at: Some(at), ..self });
            }
        };
        Ok(Self { status, ..self })
    }

    /// Whether what it used at an instant is counted.
    pub fn counts_at(&self, at: Instant) -> bool {
        self.deleted_at.is_none_or(|deleted| at < deleted)
    }
}

impl AppStatus {
    /// Its name in the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Deleted].into_iter().find(|it| it.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENTS: [AppEvent; 3] = [AppEvent::Suspend, AppEvent::Resume, AppEvent::Delete];

    fn at(second: i64) -> Instant {
        Instant::from_second(second).expect("in range")
    }

    fn app() -> App {
        let name = AppId::parse("app_001").expect("an id");
        App::new(SubscriptionAppId::from_parts(1, 1), name, at(0))
    }

    /// The status after events at the seconds 1, 2, …, and when it was deleted.
    fn lived(events: &[AppEvent]) -> Result<(AppStatus, Option<Instant>), AppDeleted> {
        let mut seconds = events.iter().zip(1..);
        let last = seconds.try_fold(app(), |it, (event, second)| it.after(*event, at(second)));
        last.map(|it| (it.status, it.deleted_at))
    }

    #[test]
    fn an_app_is_suspended_resumed_and_deleted_for_good() {
        use AppEvent::{Delete, Resume, Suspend};

        assert_eq!(lived(&[]), Ok((AppStatus::Active, None)));
        assert_eq!(lived(&[Resume]), Ok((AppStatus::Active, None)));
        assert_eq!(lived(&[Suspend, Suspend]), Ok((AppStatus::Suspended, None)));
        assert_eq!(lived(&[Suspend, Resume]), Ok((AppStatus::Active, None)));
        assert_eq!(lived(&[Suspend, Delete, Delete]), Ok((AppStatus::Deleted, Some(at(2)))));
        assert_eq!(lived(&[Delete, Resume]), Err(AppDeleted));
        assert_eq!(lived(&[Delete, Suspend]), Err(AppDeleted));
    }

    #[test]
    fn what_an_app_used_counts_until_it_is_deleted() {
        let deleted = app().after(AppEvent::Delete, at(9)).expect("it was active");

        assert_eq!([8, 9, 10].map(|second| deleted.counts_at(at(second))), [true, false, false]);
        assert!(app().counts_at(at(1_000_000)));
    }

    #[test]
    fn a_status_is_known_by_its_name() {
        for known in [AppStatus::Active, AppStatus::Suspended, AppStatus::Deleted] {
            assert_eq!(AppStatus::parse(known.as_str()), Some(known));
        }
        assert_eq!(AppStatus::parse("Active"), None);
    }

    proptest! {
        #[test]
        fn the_last_event_before_a_deletion_says_what_an_app_is(
            events in prop::collection::vec(prop::sample::select(EVENTS.to_vec()), 0..12),
        ) {
            let mut it = app();
            let mut expected = (AppStatus::Active, None);
            for (event, second) in events.into_iter().zip(1..) {
                let before = it.clone();
                let after = it.clone().after(event, at(second));
                let is_deleted = expected.0 == AppStatus::Deleted;
                prop_assert_eq!(after.is_err(), is_deleted && event != AppEvent::Delete);
                it = after.unwrap_or(it);
                if !is_deleted {
                    expected = match event {
                        AppEvent::Suspend => (AppStatus::Suspended, None),
                        AppEvent::Resume => (AppStatus::Active, None),
                        AppEvent::Delete => (AppStatus::Deleted, Some(at(second))),
                    };
                }
                prop_assert_eq!((it.status, it.deleted_at), expected);
                prop_assert_eq!(it.clone().after(event, at(99)).unwrap_or(before), it.clone());
                prop_assert_eq!((it.id, &it.app, it.created_at), (app().id, &app().app, at(0)));
            }
        }
    }
}

//! Who may do what to a refund, and when.

use super::*;

fn user(text: &str) -> UserId {
    UserId::parse(text).expect("an id")
}

fn at(second: i64) -> Instant {
    Instant::from_second(second).expect("in range")
}

fn by(text: &str) -> Decided {
    Decided { by: user(text), at: at(1) }
}

fn approved() -> State {
    State::Submitted.approve(&user("asker"), by("other")).expect("it can be approved")
}

fn service() -> Wallet {
    Wallet::Service("https://wallet.example".to_owned())
}

fn executing() -> (State, Paying) {
    match approved().execute((&user("payee"), &[user("payee")]), &service(), at(2)) {
        Ok(Execution::Begins(paying)) => (State::Executing(paying.clone()), paying),
        other => panic!("it does not begin: {other:?}"),
    }
}

fn completed() -> State {
    let note = NoteNumber { year: 1970, serial: 1 };
    let (_, paying) = executing();
    State::Completed(Paid { paying, transaction: "txn".to_owned(), note, at: at(3) })
}

#[test]
fn whoever_asked_may_refuse_it_but_not_agree() {
    let asked_by = user("asker");

    assert_eq!(State::Submitted.approve(&asked_by, by("asker")), Err(RefundError::SamePerson));
    assert!(State::Submitted.approve(&asked_by, by("other")).is_ok());
    assert!(State::Submitted.reject(by("asker")).is_ok());
}

#[test]
fn it_is_decided_once() {
    for state in [approved(), State::Rejected(by("other")), executing().0, completed()] {
        let status = state.as_str();
        let approving = state.approve(&user("asker"), by("third"));
        assert_eq!(approving, Err(RefundError::Status { status, asked: "approved" }));
        let rejecting = state.reject(by("third"));
        assert_eq!(rejecting, Err(RefundError::Status { status, asked: "rejected" }));
    }
}

#[test]
fn it_is_paid_to_whom_it_is_due_and_then_to_nobody_else() {
    let (payee, other) = (user("payee"), user("new_admin"));
    let due_to = [payee.clone(), other.clone()];

    let stranger = approved().execute((&user("stranger"), &due_to), &service(), at(2));
    assert_eq!(stranger, Err(RefundError::OtherPayee));
    let (executing, paying) = executing();
    assert_eq!(
        executing.execute((&payee, &due_to), &service(), at(9)),
        Ok(Execution::GoesOn(paying))
    );
    assert_eq!(
        executing.execute((&other, &due_to), &service(), at(9)),
        Err(RefundError::OtherPayee)
    );
    assert!(matches!(
        completed().execute((&payee, &[]), &service(), at(9)),
        Ok(Execution::Done(_))
    ));
    assert_eq!(
        completed().execute((&other, &due_to), &service(), at(9)),
        Err(RefundError::OtherPayee)
    );
}

#[test]
fn a_service_that_may_have_paid_is_the_only_one_that_pays() {
    let payee = user("payee");
    let due_to = std::slice::from_ref(&payee);
    let (sent, _) = executing();
    for other in [Wallet::BuiltIn, Wallet::Service("https://other.example".to_owned())] {
        let executed = sent.execute((&payee, due_to), &other, at(9));
        assert_eq!(executed, Err(RefundError::OtherWallet), "{other:?}");
    }
}

#[test]
fn what_the_built_in_wallet_did_not_pay_yet_a_service_may() {
    let payee = user("payee");
    let due_to = std::slice::from_ref(&payee);
    let begun = approved().execute((&payee, due_to), &Wallet::BuiltIn, at(2));
    let Ok(Execution::Begins(begun)) = begun else { panic!("it does not begin: {begun:?}") };

    let moved = State::Executing(begun.clone()).execute((&payee, due_to), &service(), at(9));

    assert_eq!(moved, Ok(Execution::Begins(Paying { wallet: service(), ..begun })));
}

#[test]
fn a_wallet_is_known_again_by_its_name() {
    for (wallet, account) in [(Wallet::BuiltIn, Account::Wallet), (service(), Account::Cash)] {
        assert_eq!(Wallet::named(wallet.as_str()), wallet);
        assert_eq!(wallet.account(), account);
    }
}

#[test]
fn what_nobody_agreed_to_is_not_paid() {
    for state in [State::Submitted, State::Rejected(by("other"))] {
        let refused = RefundError::Status { status: state.as_str(), asked: "executed" };
        let payee = user("payee");
        let due_to = std::slice::from_ref(&payee);
        assert_eq!(state.execute((&payee, due_to), &service(), at(2)), Err(refused));
    }
}

#[test]
fn what_was_paid_or_may_have_been_is_not_deleted() {
    for state in [State::Submitted, approved(), State::Rejected(by("other"))] {
        assert_eq!(state.delete(), Ok(()), "{state}");
    }
    for state in [executing().0, completed()] {
        assert!(state.delete().is_err(), "{state}");
    }
}

#[test]
fn what_is_not_decided_against_holds_its_amount_until_it_is_paid() {
    assert!([State::Submitted, approved(), executing().0].iter().all(State::is_open));
    assert!(![State::Rejected(by("other")), completed()].iter().any(State::is_open));
}

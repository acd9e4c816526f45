use std::{sync::atomic::AtomicU32, time::Duration};

use futures::FutureExt;
use tokio::time::Instant;

use super::*;
use crate::sync::{
    breaker::{ENOUGH_ANSWERS, MOST_FAILURES},
    pace::{Limits, Rate},
};

const SECOND: Duration = Duration::from_secs(1);

/// Traffic, and how often the provider was told to look at its server.
fn traffic(limits: Limits) -> (Arc<Traffic>, Arc<AtomicU32>) {
    let told = Arc::new(AtomicU32::new(0));
    let news = {
        let told = Arc::clone(&told);
        Box::new(move || {
            told.fetch_add(1, Ordering::Relaxed);
        })
    };
    let circuit = Circuit::new("2026-01-01T00:00:00Z".parse().unwrap());
    let pace = Arc::new(Pace::new(limits));
    (Traffic::new(limits.at_once, pace, Arc::new(circuit), news), told)
}

/// One request that takes a second and ends like this.
async fn request(traffic: &Arc<Traffic>, sender: Sender, outcome: Result<(), Error>) -> Result<(), Error> {
    let outcome = Mutex::new(Some(outcome));
    let call = || {
        let outcome = outcome.lock().unwrap().take().unwrap_or(Ok(()));
        async move {
            tokio::time::sleep(SECOND).await;
            outcome
        }
        .boxed()
    };
    traffic.send(sender, Access::Read, "GET /Users", call).await
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "GET /Users")
}

fn throttled(seconds: u32) -> Result<(), Error> {
    Err(Error { retry_after: Some(seconds * SECOND), ..error(ErrorKind::Throttled) })
}

fn kind(answer: Result<(), Error>) -> ErrorKind {
    answer.unwrap_err().kind
}

async fn open(traffic: &Arc<Traffic>) {
    for _ in 0..MOST_FAILURES {
        request(traffic, Sender::Pass, Err(error(ErrorKind::Timeout))).await.unwrap_err();
    }
    assert!(traffic.circuit.is_open());
}

/// How many get in who come now.
fn enter_all(traffic: &Arc<Traffic>) -> Vec<Pass> {
    (0..100).map_while(|_| traffic.enter(|| true)).collect()
}

#[tokio::test(start_paused = true)]
async fn one_refusal_for_too_many_stops_everybody_until_the_time_that_was_asked_for() {
    let (traffic, told) = traffic(Limits::default());
    assert_eq!(kind(request(&traffic, Sender::Pass, throttled(30)).await), ErrorKind::Throttled);
    assert_eq!(told.load(Ordering::Relaxed), 1);
    for sender in [Sender::Pass, Sender::Probe] {
        let begun = Instant::now();
        let refused = request(&traffic, sender, Ok(())).await.unwrap_err();
        assert_eq!((refused.kind, refused.sent), (ErrorKind::Throttled, false));
        assert_eq!(begun.elapsed(), Duration::ZERO, "nothing was sent");
    }
    assert!(traffic.enter(|| true).is_none());
    tokio::time::sleep(30 * SECOND).await;
    request(&traffic, Sender::Pass, Ok(())).await.unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 2, "and of its end");
}

#[tokio::test(start_paused = true)]
async fn after_a_hold_they_come_back_one_by_one_and_then_more() {
    let (traffic, _) = traffic(Limits::default());
    for _ in 0..5 {
        request(&traffic, Sender::Pass, Ok(())).await.unwrap();
    }
    assert_eq!(enter_all(&traffic).len(), 16);
    let mut refusals = Vec::new();
    for _ in 0..16 {
        let traffic = Arc::clone(&traffic);
        refusals.push(tokio::spawn(async move { request(&traffic, Sender::Pass, throttled(9)).await }));
    }
    for refusal in refusals {
        refusal.await.unwrap().unwrap_err();
    }
    let (called, calls) =
        (Arc::new(AtomicU32::new(0)), |called: &Arc<AtomicU32>| called.load(Ordering::Relaxed));
    for _ in 0..1_000 {
        let called = Arc::clone(&called);
        traffic.park(move || {
            called.fetch_add(1, Ordering::Relaxed);
            true
        });
    }
    tokio::time::sleep(8 * SECOND).await;
    assert_eq!(calls(&called), 0);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(calls(&called), 1);
    let place = enter_all(&traffic);
    assert_eq!(place.len(), 1);
    request(&traffic, Sender::Pass, Ok(())).await.unwrap();
    drop(place);
    assert_eq!(calls(&called), 3);
    assert_eq!(enter_all(&traffic).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_waits_for_its_page_as_long_as_it_takes() {
    let (traffic, _) = traffic(Limits::default());
    let begun = Instant::now();
    request(&traffic, Sender::Sweep, throttled(60)).await.unwrap();
    assert!(begun.elapsed() >= 62 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_leave_only_the_probe() {
    let (traffic, told) = traffic(Limits::default());
    open(&traffic).await;
    assert_eq!(told.load(Ordering::Relaxed), 2, "the first doubt, and the end of it");
    assert!(traffic.enter(|| true).is_none());
    let refused = request(&traffic, Sender::Pass, Ok(())).await.unwrap_err();
    assert!(!refused.sent && traffic.excuses(&refused));
    request(&traffic, Sender::Probe, Ok(())).await.unwrap();
    assert!(traffic.circuit.is_open(), "who probes judges for himself");
    traffic.trust();
    tokio::time::sleep(SECOND).await;
    assert_eq!(enter_all(&traffic).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_failure_right_after_that_opens_it_again_and_enough_answers_close_it() {
    let (traffic, _) = traffic(Limits::default());
    open(&traffic).await;
    traffic.trust();
    request(&traffic, Sender::Pass, Err(error(ErrorKind::Unreachable))).await.unwrap_err();
    assert!(traffic.circuit.rest().unwrap() > Duration::ZERO);
    traffic.trust();
    for _ in 0..ENOUGH_ANSWERS {
        request(&traffic, Sender::Pass, Err(error(ErrorKind::Rejected))).await.unwrap_err();
    }
    request(&traffic, Sender::Pass, Err(error(ErrorKind::Unreachable))).await.unwrap_err();
    assert!(!traffic.circuit.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_may_be_one_records_alone_is_looked_into_once_and_stops_nobody() {
    let (traffic, told) = traffic(Limits::default());
    for _ in 0..20 {
        request(&traffic, Sender::Pass, Err(error(ErrorKind::ServerFault))).await.unwrap_err();
    }
    assert_eq!(told.load(Ordering::Relaxed), 1);
    assert!(traffic.enter(|| true).is_some());
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_long_for_a_turn_is_called_when_it_is_near() {
    let requests = Some(Rate { requests: 1, per: 60 * SECOND });
    let (traffic, _) = traffic(Limits { requests, ..Limits::default() });
    let first = traffic.enter(|| true).unwrap();
    request(&traffic, Sender::Pass, Ok(())).await.unwrap();
    drop(first);
    let called = Arc::new(AtomicBool::new(false));
    let resume = {
        let called = Arc::clone(&called);
        move || {
            called.store(true, Ordering::Relaxed);
            true
        }
    };
    assert!(traffic.enter(resume).is_none());
    tokio::time::sleep(50 * SECOND).await;
    assert!(!called.load(Ordering::Relaxed));
    tokio::time::sleep(10 * SECOND).await;
    assert!(called.load(Ordering::Relaxed));
    assert_eq!(enter_all(&traffic).len(), 1);
}

/// One request whose turn has come, and whose answer takes no time.
async fn request_in_turn(traffic: &Arc<Traffic>, turn: Turn) -> Result<(), Error> {
    traffic.send_in_turn(turn, Sender::Pass, "POST /Users", || async { Ok(()) }.boxed()).await
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_kept_is_not_waited_for_again_and_counts_when_it_is_used() {
    let requests = Some(Rate { requests: 1, per: 60 * SECOND });
    let (traffic, _) = traffic(Limits { requests, ..Limits::default() });
    let turn = traffic.turn(Sender::Pass, Access::Write, "POST /Users").await.unwrap();
    let next = tokio::spawn({
        let traffic = Arc::clone(&traffic);
        async move { request(&traffic, Sender::Pass, Ok(())).await }
    });
    tokio::time::sleep(90 * SECOND).await;
    let begun = Instant::now();
    request_in_turn(&traffic, turn).await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    next.await.unwrap().unwrap();
    assert!(begun.elapsed() >= 60 * SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_used_is_somebody_elses() {
    let requests = Some(Rate { requests: 1, per: 60 * SECOND });
    let (traffic, _) = traffic(Limits { requests, ..Limits::default() });
    let turn = traffic.turn(Sender::Pass, Access::Write, "POST /Users").await.unwrap();
    let next = tokio::spawn({
        let traffic = Arc::clone(&traffic);
        async move { request(&traffic, Sender::Pass, Ok(())).await }
    });
    tokio::time::sleep(90 * SECOND).await;
    let begun = Instant::now();
    drop(turn);
    next.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_needs_several_requests_waits_for_a_turn_for_each() {
    let requests = Some(Rate { requests: 1, per: 60 * SECOND });
    let (traffic, _) = traffic(Limits { requests, ..Limits::default() });
    let begun = Instant::now();
    let left = Mutex::new(Vec::new());
    let call = || {
        let left = &left;
        async move {
            for _ in 0..3 {
                turns::next().await?;
                left.lock().unwrap().push(begun.elapsed().as_secs());
            }
            Ok(())
        }
        .boxed()
    };
    traffic.send(Sender::Probe, Access::Read, "GET /ServiceProviderConfig", call).await.unwrap();
    assert_eq!(*left.lock().unwrap(), [0, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_kept_is_of_no_use_while_the_server_is_left_in_peace() {
    let (traffic, _) = traffic(Limits::default());
    let turn = traffic.turn(Sender::Pass, Access::Write, "POST /Users").await.unwrap();
    request(&traffic, Sender::Pass, throttled(30)).await.unwrap_err();
    let refused = request_in_turn(&traffic, turn).await.unwrap_err();
    assert_eq!((refused.kind, refused.sent), (ErrorKind::Throttled, false));
}

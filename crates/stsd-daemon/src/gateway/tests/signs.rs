//! A process that stands still, and one that may not read what has been put in a file's place.

use std::time::Duration;

use stsd_protocol::VERSION;
use stsd_protocol::frame::{HEADER, SIGN_OF_LIFE, length};
use stsd_protocol::gateway::{FILE_ERROR, Failure, FailureKind, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, advance};

use super::{Message, Stage, failure, plan, unlock, view};

impl Stage {
    /// From now on: it reads whatever comes, and answers nothing but the questions for a sign.
    pub(super) fn shows_signs_of_life(&mut self) -> JoinSet<()> {
        let (process, _) = tokio::io::duplex(1);
        let mut process = std::mem::replace(&mut self.process, process);
        let mut signs = JoinSet::new();
        signs.spawn(async move {
            let mut head = [0; HEADER];
            while process.read_exact(&mut head).await.is_ok() {
                let mut body = vec![0; length(head, usize::MAX).unwrap()];
                process.read_exact(&mut body).await.unwrap();
                if head == SIGN_OF_LIFE {
                    process.write_all(&head).await.unwrap();
                }
            }
        });
        signs
    }
}

fn of_a_file() -> Outcome {
    Outcome::Failure(Failure {
        kind: FailureKind::Configuration,
        code: FILE_ERROR.to_owned(),
        message: "ca_bundle /roots.pem cannot be read (permission denied)".to_owned(),
        retryable: true,
        http_status: None,
        code_sent: false,
    })
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stands_still_is_given_up_in_six_seconds_and_what_it_was_asked_is_asked_again()
 {
    let mut stage = Stage::set();
    let start = Instant::now();
    let (locked_out, planned) = (stage.call(unlock()), stage.call(plan()));
    assert_eq!(failure(locked_out.await.unwrap()).1, "GatewayLost");
    assert_eq!(start.elapsed().as_secs(), 6);
    let Some(Message::Call(again)) = stage.back.recv().await else { panic!("nothing came back") };
    assert!(again.again);
    assert_eq!(start.elapsed().as_secs(), 6);
    drop(planned);
    stage.worker.join_next().await.unwrap().unwrap();
    assert!(stage.back.try_recv().is_err(), "an unlock is never sent twice");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_stood_still_with_the_daemon_is_not_given_up_for_that() {
    let mut stage = Stage::set();
    let answer = stage.call(unlock());
    let id = stage.hear().await.id;
    // Nothing of the daemon runs meanwhile.
    advance(Duration::from_secs(60)).await;
    for _ in 0..20 {
        yield_now().await;
    }
    stage.say(id, VERSION, &["late"]).await;
    assert_eq!(view(answer.await.unwrap()), "late");
}

#[tokio::test(start_paused = true)]
async fn an_idle_process_need_not_show_that_it_lives() {
    let mut stage = Stage::set();
    let answer = stage.call(plan());
    let id = stage.hear().await.id;
    stage.say(id, VERSION, &["once"]).await;
    assert_eq!(view(answer.await.unwrap()), "once");
    let mut rest = Vec::new();
    let start = Instant::now();
    stage.process.read_to_end(&mut rest).await.unwrap();
    assert_eq!(
        (rest.len(), start.elapsed().as_secs()),
        (0, 10),
        "it is let go after its idle time"
    );
}

#[tokio::test]
async fn a_sign_of_life_that_nobody_asked_for_ends_the_process() {
    let mut stage = Stage::set();
    let answer = stage.call(unlock());
    stage.hear().await;
    stage.process.write_all(&SIGN_OF_LIFE).await.unwrap();
    assert_eq!(failure(answer.await.unwrap()).1, "GatewayLost");
}

#[tokio::test]
async fn a_file_that_an_older_process_may_not_read_is_tried_in_another_one() {
    let mut stage = Stage::set();
    let first = stage.call(plan());
    let id = stage.hear().await.id;
    stage.say(id, VERSION, &["first"]).await;
    assert_eq!(view(first.await.unwrap()), "first");
    let _second = stage.call(plan());
    let id = stage.hear().await.id;
    stage.answer(id, VERSION, of_a_file()).await;
    stage.worker.join_next().await.unwrap().unwrap();
    let Ok(Message::Call(again)) = stage.back.try_recv() else { panic!("nothing came back") };
    assert!(again.again);
    assert!(stage.calls.is_closed(), "nothing else is asked of it");
}

#[tokio::test]
async fn a_file_that_even_a_new_process_cannot_read_is_said_and_the_next_call_has_another_process()
{
    for operation in [plan(), unlock()] {
        let mut stage = Stage::set();
        let asked = stage.call(operation);
        let id = stage.hear().await.id;
        stage.answer(id, VERSION, of_a_file()).await;
        assert_eq!(failure(asked.await.unwrap()).1, FILE_ERROR);
        stage.worker.join_next().await.unwrap().unwrap();
        assert!(stage.calls.is_closed() && stage.back.try_recv().is_err());
    }
}

#[tokio::test]
async fn an_unlock_that_met_such_a_file_is_answered_and_not_sent_again() {
    let mut stage = Stage::set();
    let first = stage.call(plan());
    let id = stage.hear().await.id;
    stage.say(id, VERSION, &["first"]).await;
    drop(first);
    let unlocking = stage.call(unlock());
    let id = stage.hear().await.id;
    stage.answer(id, VERSION, of_a_file()).await;
    assert_eq!(
        failure(unlocking.await.unwrap()),
        (FailureKind::Configuration, FILE_ERROR.to_owned(), false)
    );
    stage.worker.join_next().await.unwrap().unwrap();
    assert!(stage.back.try_recv().is_err());
}

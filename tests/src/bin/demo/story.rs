//! The story, one function a step: what is run, what comes, and why it is so.

use std::time::Duration;

use sts_emulator::Fault;
use stsd_tests::{Programs, count};
use tokio::time::Instant;

use crate::DemoError;
use crate::narrator::Narrator;
use crate::stage::{Stage, assumed};

/// From the build to the closing words.
pub(crate) async fn told(narrator: &Narrator) -> Result<(), DemoError> {
    narrator.says("Building the programs: cargo build --workspace --bins")?;
    let building = tokio::task::spawn_blocking(Programs::built_in_sight);
    let programs = building.await.map_err(|_| DemoError::Interrupted)??;
    let start = Instant::now();
    let stage = Stage::set(programs)?;
    opening(narrator, &stage)?;
    locked_at_first(narrator, &stage).await?;
    unlock(narrator, &stage).await?;
    the_users_own_session(narrator, &stage).await?;
    a_role(narrator, &stage).await?;
    over_an_end(narrator, &stage).await?;
    status(narrator, &stage).await?;
    lock(narrator, &stage).await?;
    closing(narrator, &stage, start.elapsed())
}

fn opening(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.says(&format!(
        "\n\
         This is stsd with everything real but AWS, which an emulator plays at {}.\n\
         Alice has long-term keys and an MFA device in account 111122223333. Her ~/.aws/config,\n\
         in a temporary home, has the usual profiles: roles in two other accounts, by way of her\n\
         own keys. Nothing of yours is read or changed.",
        stage.emulator.url()
    ))?;
    narrator.step("The daemon runs. It needs no configuration.")?;
    narrator.types("stsd-daemon")?;
    narrator.shows(&format!("stsd-daemon: ready on {}", stage.daemon.endpoint()))?;
    Ok(())
}

async fn locked_at_first(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.step(
        "A program on the AWS SDK for Rust asks STS who it is. It knows nothing of stsd: it has these\n\
         variables, and the SDK's default provider chain. It is too early, and it fails at once.",
    )?;
    let variables = stage.variables("/creds");
    // Where the emulator is concerns this demo alone.
    let documented = variables.iter().filter(|(name, _)| *name != "AWS_ENDPOINT_URL_STS");
    let exports: Vec<_> =
        documented.map(|(name, value)| format!("export {name}={value}")).collect();
    narrator.types(&exports.join("\n"))?;
    narrator.types("my-program")?;
    narrator.shows(&stage.sdk("/creds", false).await?.stderr)?;
    narrator.says(
        "  This SDK keeps the reason to itself; half of them show it. It stands in the answer:",
    )?;
    narrator.types("curl -i -H \"Authorization: $TOKEN\" $AWS_CONTAINER_CREDENTIALS_FULL_URI")?;
    narrator.shows(&stage.answer("/creds")?)?;
    Ok(())
}

async fn unlock(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    let code = stage.code()?;
    narrator.step("Alice reads a token code off her device. It is the only one of the day.")?;
    narrator.types(&format!("stsd unlock {code}"))?;
    narrator.shows(&stage.stsd(&["unlock", &code], true).await?.stdout)?;
    Ok(())
}

async fn the_users_own_session(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.step("The same program, with the same variables, now works.")?;
    narrator.types("my-program")?;
    narrator.shows(&stage.sdk("/creds", true).await?.stdout)?;
    Ok(())
}

async fn a_role(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.step(
        "Another address is another profile: a role that only lets people with MFA in. The same\n\
         session feeds it, so nobody is asked for a code. A chain of three roles is no different.",
    )?;
    for path in ["/creds/prod", "/creds/deep"] {
        let uri = format!("{}{path}", stage.daemon.endpoint());
        narrator.types(&format!("AWS_CONTAINER_CREDENTIALS_FULL_URI={uri} my-program"))?;
        narrator.shows(&stage.sdk(path, true).await?.stdout)?;
    }
    narrator.says(
        "  Tools that know profiles need no address: after `eval \"$(stsd env)\"` it is, as ever,\n  \
         `aws --profile prod s3 ls`.",
    )?;
    Ok(())
}

async fn over_an_end(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    let life = Duration::from_secs(4);
    stage.emulator.fault(Fault::short_lived(life).on("AssumeRole").for_role(STAGING));
    narrator.step(&format!(
        "Credentials end: after an hour as a rule, and those of `staging`, for this demo, after {}\n\
         seconds. The daemon renews them ahead of that, so the program never sees an end.",
        life.as_secs()
    ))?;
    let start = Instant::now();
    for refreshes in [1, 2, 4] {
        stage.assumed_after_use(refreshes).await?;
        let arn = stage.sdk("/creds/staging", true).await?.stdout;
        let (seconds, key) = (start.elapsed().as_secs_f64(), stage.last_signer());
        narrator.shows(&format!("after {seconds:.1} s: {}, signed with {key}", arn.trim()))?;
    }
    stage.emulator.clear_faults();
    Ok(())
}

async fn status(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.step("What there is, at a glance:")?;
    narrator.types("stsd status")?;
    narrator.shows(&stage.stsd(&["status"], true).await?.stdout)?;
    Ok(())
}

async fn lock(narrator: &Narrator, stage: &Stage) -> Result<(), DemoError> {
    narrator.step("The day is over.")?;
    narrator.types("stsd lock")?;
    narrator.shows(&stage.stsd(&["lock"], true).await?.stdout)?;
    narrator.says("  From now on no tool gets anything new, and a person is told:")?;
    narrator.types("stsd whoami prod")?;
    narrator.shows(&stage.stsd(&["whoami", "prod"], false).await?.stderr)?;
    Ok(())
}

fn closing(narrator: &Narrator, stage: &Stage, took: Duration) -> Result<(), DemoError> {
    let journal = stage.emulator.journal();
    narrator.step(&format!(
        "That was one code for the whole day, in {:.0} s. By the emulator's journal, STS was asked\n\
         for a session {} time, and for a role {} times, {} of them for `staging`.",
        took.as_secs_f64(),
        count(&journal, "GetSessionToken"),
        count(&journal, "AssumeRole"),
        assumed(&journal, STAGING),
    ))?;
    narrator.says(
        "\n\
         With your own account:\n\
         \x20 1. Install the three programs side by side: see Install in README.md.\n\
         \x20 2. Give the profile with your keys its device, if it has none yet:\n\
         \x20      aws configure set mfa_serial arn:aws:iam::YOUR-ACCOUNT:mfa/YOUR-DEVICE\n\
         \x20 3. Start `stsd-daemon`, type `stsd unlock`, and in each shell `eval \"$(stsd env)\"`.\n\
         The emulator can be played with by hand, too: `sts-emulator --help`.",
    )?;
    Ok(())
}

impl Stage {
    /// Makes sure that `staging` was assumed so often; the first time is at its first use.
    async fn assumed_after_use(&self, times: usize) -> Result<(), DemoError> {
        if times > 1 {
            self.assumed(STAGING, times).await?;
        }
        Ok(())
    }
}

const STAGING: &str = "arn:aws:iam::444455556666:role/staging";

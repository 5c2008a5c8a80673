//! Asks who it is, and which buckets there are, with the SDK's default credentials: `identity`, `both`, or
//! `serve`, which asks again at each line of standard input and keeps its clients. `--profile NAME` names a profile.

use std::env;
use std::error::Error;
use std::io::{self, BufRead};
use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if arguments.next().as_deref() == Some("--profile") {
        loader = loader.profile_name(arguments.next().unwrap_or_default());
    }
    let client = Client::new(&loader.load().await);
    match mode.as_str() {
        "identity" => client.identity().await,
        "both" => client.both().await,
        "serve" => client.serve().await,
        _ => Err("usage: interop-rust identity|both|serve [--profile NAME]".to_owned()),
    }
    .map_or_else(complain, |()| ExitCode::SUCCESS)
}

fn complain(text: String) -> ExitCode {
    eprintln!("{text}");
    ExitCode::FAILURE
}

/// The error and what caused it, on one line: what `anyhow` and its kin print.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

struct Client {
    sts: aws_sdk_sts::Client,
    s3: aws_sdk_s3::Client,
}

impl Client {
    fn new(config: &SdkConfig) -> Self {
        Self { sts: aws_sdk_sts::Client::new(config), s3: aws_sdk_s3::Client::new(config) }
    }

    async fn identity(&self) -> Result<(), String> {
        let answer = self.sts.get_caller_identity().send().await;
        let answer = answer.map_err(|error| chain(&error))?;
        println!("{}", answer.arn().unwrap_or_default());
        Ok(())
    }

    async fn both(&self) -> Result<(), String> {
        self.identity().await?;
        let answer = self.s3.list_buckets().send().await;
        let answer = answer.map_err(|error| chain(&error))?;
        let names: Vec<_> = answer.buckets().iter().filter_map(|bucket| bucket.name()).collect();
        println!("{}", names.join(" "));
        Ok(())
    }

    async fn serve(&self) -> Result<(), String> {
        for line in io::stdin().lock().lines() {
            line.map_err(|error| error.to_string())?;
            self.both().await?;
        }
        Ok(())
    }
}

//! A program of somebody who has never heard of stsd: asks STS who it is, with the AWS SDK's default
//! provider chain and nothing else. Prints the access key id and the ARN, each on a line.

use std::error::Error;
use std::process::ExitCode;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match who_am_i().await {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Each cause by its own sentence: an SDK error's `Debug` can hold a response body.
            let causes = std::iter::successors(Some(&*error), |error| (*error).source());
            let sentences: Vec<String> = causes.map(ToString::to_string).collect();
            eprintln!("{}", sentences.join(": "));
            ExitCode::FAILURE
        }
    }
}

async fn who_am_i() -> Result<String, Box<dyn Error>> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    Ok(answer.arn.unwrap_or_default())
}

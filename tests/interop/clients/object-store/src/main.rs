//! Writes an object to the bucket of `INTEROP_BUCKET` and reads it again, with object_store's default credentials: `both`,
//! or `serve`, which does so at each line of standard input and keeps its client.

use std::env;
use std::error::Error;
use std::io::{self, BufRead};
use std::process::ExitCode;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let bucket = env::var("INTEROP_BUCKET")?;
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
    match env::args().nth(1).as_deref() {
        Some("both") => both(&store).await,
        Some("serve") => {
            for line in io::stdin().lock().lines() {
                line?;
                both(&store).await?;
            }
            Ok(())
        }
        _ => Err("usage: interop-object-store both|serve".into()),
    }
}

async fn both(store: &AmazonS3) -> Result<(), Box<dyn Error>> {
    let place = Path::from("interop");
    store.put(&place, PutPayload::from_static(b"one object, written and read")).await?;
    let content = store.get(&place).await?.bytes().await?;
    println!("{}", std::str::from_utf8(&content)?);
    Ok(())
}

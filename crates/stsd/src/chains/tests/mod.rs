//! The chains as tables: a row for each way in which the SDKs differ. What is expected is what boto3,
//! AWS CLI, and programs on the JavaScript, Go, Java and Rust SDKs were seen to do.

mod container;
mod files;
mod fixture;
mod variables;

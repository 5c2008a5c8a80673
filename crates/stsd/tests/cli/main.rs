//! The client as a person, a shell and an SDK meet it: the real program against a scripted daemon
//! on a Unix socket, down to the bytes of what it prints and the code that it exits with.

#[cfg(target_os = "linux")]
#[cfg(test)]
mod asking;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod asking_at_once;
#[cfg(test)]
mod credential_process;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod environment;
#[cfg(all(test, target_os = "linux"))]
mod prompt;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod short_status;
#[cfg(test)]
mod static_credentials;
#[cfg(test)]
mod support;
#[cfg(test)]
mod token;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod unlock;
#[cfg(test)]
mod wire;

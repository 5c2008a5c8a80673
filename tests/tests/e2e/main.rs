//! stsd from end to end: the real programs on real sockets and files, against an STS as strict as
//! Amazon's. One binary, so that the programs are built once, and its tests run side by side.

#[cfg(target_os = "linux")]
#[cfg(test)]
mod audit;
#[cfg(test)]
mod chains;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod endpoint;
#[cfg(test)]
mod files;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod isolation;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod load;
#[cfg(test)]
mod locking;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod odd_names;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod programs;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod prompt;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod prompt_of_tools;
#[cfg(test)]
mod refresh;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod residue;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod restart;
#[cfg(test)]
mod sdk;
#[cfg(target_os = "linux")]
#[cfg(test)]
mod setup;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod start;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod unlock;

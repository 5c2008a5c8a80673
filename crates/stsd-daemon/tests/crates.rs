//! The crates that the daemon is made of, as SECURITY.md prints them: what it asks for and why, as
//! the comments of its Cargo.toml say it, and what these need. A crate that comes or goes is a line
//! of a diff that somebody reads.
//!
//! ```sh
//! STSD_CRATES=write cargo test -p stsd-daemon --test crates
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[test]
fn security_names_every_crate_of_the_daemon_and_what_it_is_for() {
    let file = repository().join("SECURITY.md");
    let page = fs::read_to_string(&file).expect("the page is there");
    let (before, rest) = page.split_once(BEGIN).expect("the block begins");
    let (committed, after) = rest.split_once(END).expect("the block ends");
    let block = block();
    if env::var_os("STSD_CRATES").is_some_and(|word| word == "write") {
        fs::write(&file, [before, BEGIN, &block, END, after].concat()).expect("it can be written");
    } else {
        assert!(
            committed == block,
            "SECURITY.md is not what Cargo.lock says:\n{block}\nwrite it anew: \
             STSD_CRATES=write cargo test -p stsd-daemon --test crates"
        );
    }
}

#[test]
fn each_dependency_stands_below_the_comment_that_says_what_it_is_for() {
    let rows =
        reasons("# Two\n# lines.\na.workspace = true\nb = { path = \"b\" }\n# One.\nc = \"1\"\n");
    let named = |reason: &str, crates: &[&str]| Row {
        reason: reason.to_owned(),
        crates: crates.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(rows, [named("Two lines", &["a", "b"]), named("One", &["c"])]);
}

/// The table, and what runs at build time alone.
fn block() -> String {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("the manifest is there");
    let (_, dependencies) =
        manifest.split_once("[dependencies]\n").expect("it depends on something");
    let (dependencies, _) = dependencies.split_once("\n[").expect("it has another section");

    let linked = tree("normal,no-proc-macro");
    let build: BTreeSet<_> = tree("normal").into_iter().map(|node| node.name).collect();
    let names: BTreeSet<_> = linked.iter().map(|node| node.name.clone()).collect();
    let build_alone: Vec<_> = build.difference(&names).map(|name| format!("`{name}`")).collect();

    let rows = reasons(dependencies);
    let mut needs = needs(&rows, &linked);
    let mut table = String::new();
    for (place, Row { reason, crates }) in rows.iter().enumerate() {
        let below = needs.remove(&place).unwrap_or_default();
        writeln!(table, "| {} | {reason} | {} |", quoted(crates), quoted(&below)).expect("memory");
    }
    let theirs = names.iter().filter(|name| !name.starts_with(OURS)).count();
    format!(
        "\n{theirs} crates of others are linked into the daemon, on Linux and macOS together:\n\n\
         | crate | what it is for | what it needs, named once |\n|---|---|---|\n{table}\n\
         At build time alone: {}.\n",
        build_alone.join(", ")
    )
}

/// What is needed below, in the row that needs it most directly; what ours need is put down to
/// others where it can be.
fn needs(rows: &[Row], linked: &[Node]) -> BTreeMap<usize, Vec<String>> {
    let row_of = |name: &String| rows.iter().position(|row| row.crates.contains(name));
    let mut nearest: BTreeMap<&String, (usize, bool, usize)> = BTreeMap::new();
    let mut inside = None;
    for Node { depth, name } in linked.iter().filter(|node| node.depth > 0) {
        if *depth == 1 {
            let row = row_of(name).unwrap_or_else(|| panic!("{name} is not in Cargo.toml"));
            inside = Some((name.starts_with(OURS), row));
        }
        if let Some((ours, row)) = inside.filter(|_| row_of(name).is_none()) {
            let near = (*depth, ours, row);
            nearest.entry(name).and_modify(|known| *known = near.min(*known)).or_insert(near);
        }
    }
    let mut needs: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (name, (_, _, row)) in nearest {
        needs.entry(row).or_default().push(name.clone());
    }
    needs
}

/// The dependencies that stand below one comment.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    reason: String,
    crates: Vec<String>,
}

fn reasons(dependencies: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in dependencies.lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            match rows.last_mut().filter(|row| row.crates.is_empty()) {
                Some(row) => row.reason = format!("{} {comment}", row.reason),
                None => rows.push(Row { reason: comment.to_owned(), crates: Vec::new() }),
            }
        } else {
            let name = line.split(['.', ' ']).next().expect("a line begins");
            let row = rows.last_mut().unwrap_or_else(|| panic!("{name} has no comment above it"));
            row.crates.push(name.to_owned());
        }
    }
    for row in &mut rows {
        row.reason = row.reason.trim_end_matches('.').to_owned();
    }
    rows
}

/// A crate, and how far below the daemon.
struct Node {
    depth: usize,
    name: String,
}

/// Every path from the daemon down, as cargo resolves it for the two systems.
fn tree(edges: &str) -> Vec<Node> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "stsd-daemon", "--edges", edges])
        .args(["--prefix", "depth", "--no-dedupe", "--format", " {p}"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--target", "aarch64-apple-darwin"])
        .current_dir(repository())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut words = line.split(' ');
            let depth = words.next().and_then(|depth| depth.parse().ok()).expect("a depth");
            Node { depth, name: words.next().expect("a name").to_owned() }
        })
        .collect()
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const OURS: &str = "stsd-";
const BEGIN: &str =
    "<!-- written by: STSD_CRATES=write cargo test -p stsd-daemon --test crates -->\n";
const END: &str = "<!-- end -->\n";

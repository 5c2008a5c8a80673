//! Whether the time of a refusal tells how much of an authorization token was right: two classes of
//! inputs in random turns, and Welch's t over their times, uncropped and cropped at a hundred
//! percentiles as dudect does. A comparison that stops at the first difference goes through the same
//! measure, so that it is known to see what it looks for.
//!
//! ```sh
//! STSD_TIMING_SAMPLES=1000000 cargo test --release -p stsd-daemon --lib authorization::timing -- --nocapture
//! ```

use std::env;
use std::hint::black_box;
use std::time::Instant;

use stsd_protocol::Timestamp;
use stsd_secret::Secret;

use super::grant::Scope;
use super::issued::Token;
use super::{Authorization, Unauthorized};

type Input = [u8; LENGTH];

/// What makes the two classes.
struct Pair {
    name: &'static str,
    of: fn(&Input, &mut Random) -> [Input; 2],
}

const PAIRS: [Pair; 2] = [
    Pair {
        name: "63 of 64 right, or chance",
        of: |right, random| [spoiled(right, 60), random.input()],
    },
    Pair {
        name: "last byte wrong, or first",
        of: |right, _| [spoiled(right, 63), spoiled(right, 0)],
    },
];

#[test]
fn a_refusal_takes_no_longer_the_more_of_a_token_was_right() {
    let samples = env::var("STSD_TIMING_SAMPLES").ok().and_then(|text| text.parse().ok());
    let full = samples.is_some();
    let samples = samples.unwrap_or(SHORT);
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    let (authorization, tokens) = house(&mut random);
    let right = tokens[TOKENS / 2];
    for pair in &PAIRS {
        let naive = measure(pair, &right, samples, &mut random, |given| {
            assert!(!tokens.iter().any(|token| stops_early(token, given)));
        });
        let constant = measure(pair, &right, samples, &mut random, |given| {
            assert_eq!(authorization.check(Some(given)), Err(Unauthorized::Wrong));
        });
        println!(
            "{}: |t| {constant:.2} in constant time, {naive:.0} where it stops early ({samples} samples, {TOKENS} tokens)",
            pair.name
        );
        // Chance gives four at most. `==` in place of the constant time gives fifteen and more of so many
        // samples, in a debug build too: it compares eight bytes and more at once.
        assert!(naive > 100.0, "{}: {naive}", pair.name);
        assert!(constant < if full { 4.5 } else { 8.0 }, "{}: {constant}", pair.name);
    }
}

/// The largest |t| of the two classes.
fn measure(
    pair: &Pair,
    right: &Input,
    samples: usize,
    random: &mut Random,
    compare: impl Fn(&[u8]),
) -> f64 {
    let mut times = Vec::with_capacity(samples);
    while times.len() < samples {
        // Made ahead, so that between the two clocks there is the comparison alone.
        let block: Vec<(usize, Input)> = (0..BLOCK)
            .map(|_| {
                let class = (random.next() & 1) as usize;
                (class, (pair.of)(right, random)[class])
            })
            .collect();
        for (class, input) in &block {
            let began = Instant::now();
            for _ in 0..REPEAT {
                compare(black_box(input));
            }
            times.push((*class, began.elapsed().as_nanos() as f64));
        }
    }
    largest_t(&times)
}

fn largest_t(times: &[(usize, f64)]) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let crop = |number: i32| {
        let share = 1.0 - 0.5_f64.powf(10.0 * f64::from(number) / 100.0);
        sorted[((sorted.len() - 1) as f64 * share) as usize]
    };
    let limits = (1..=100).map(crop).chain([f64::INFINITY]);
    limits.filter_map(|limit| welch(times, limit)).fold(0.0, |most, t| t.abs().max(most))
}

/// Welch's t of the times up to a limit; nothing where those are too few to say anything.
fn welch(times: &[(usize, f64)], limit: f64) -> Option<f64> {
    let mut count = [0.0; 2];
    let (mut mean, mut squares) = ([0.0; 2], [0.0; 2]);
    for (class, time) in times.iter().filter(|(_, time)| *time <= limit) {
        count[*class] += 1.0;
        let off = time - mean[*class];
        mean[*class] += off / count[*class];
        squares[*class] += off * (time - mean[*class]);
    }
    let variance = |class: usize| squares[class] / (count[class] - 1.0) / count[class];
    let spread = (variance(0) + variance(1)).sqrt();
    let enough = count.iter().all(|count| *count >= times.len() as f64 / 20.0) && spread > 0.0;
    enough.then(|| (mean[0] - mean[1]) / spread)
}

/// Tokens, and what knows them.
fn house(random: &mut Random) -> (Authorization, Vec<Input>) {
    let tokens: Vec<Input> = (0..TOKENS).map(|_| random.input()).collect();
    let secret = |token: &Input| Secret::new(String::from_utf8(token.to_vec()).unwrap());
    let authorization = Authorization::new(secret(&tokens[0]));
    authorization.issued().tokens.extend(tokens[1..].iter().map(|token| Token {
        name: "fake".into(),
        secret: secret(token),
        scope: Scope::Everything,
        created: Timestamp::from_unix(0),
        end: None,
        last_used: None,
    }));
    (authorization, tokens)
}

fn stops_early(token: &[u8], given: &[u8]) -> bool {
    token.iter().zip(given).all(|(token, given)| black_box(token) == given)
}

/// The token with one byte wrong.
fn spoiled(right: &Input, at: usize) -> Input {
    let mut input = *right;
    input[at] = if input[at] == b'0' { b'1' } else { b'0' };
    input
}

/// xorshift64*, for inputs that are the same at each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    /// With a zero in front: the first bytes are looked at for `Bearer `, and how long that takes says
    /// what was given, and nothing about a token.
    fn input(&mut self) -> Input {
        let mut input: Input =
            std::array::from_fn(|_| b"0123456789abcdef"[(self.next() % 16) as usize]);
        input[0] = b'0';
        input
    }
}

/// Of a token that stsd makes.
const LENGTH: usize = 64;
const TOKENS: usize = 8;
const SHORT: usize = 100_000;
const BLOCK: usize = 1_000;
/// Comparisons between two looks at the clock, whose own spread is larger than one of them.
const REPEAT: usize = 4;

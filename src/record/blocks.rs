//! The blocks of a paired run: everything that any statistic of it needs, so that it can be judged again without load.

use std::io::{self, BufRead, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::metrics::Histogram;

/// The version of the format this program writes.
pub const BLOCKS_VERSION: u32 = 1;

/// More than this is no file of blocks, unpacked: a paired run of ten minutes and a hundred endpoints is a tenth of it.
const LARGEST: u64 = 1 << 30;

/// All blocks of a paired run, in the order in which they ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    /// What they have in common.
    pub header: BlocksHeader,
    /// In the order in which they ran, those of redone pairs included.
    pub blocks: Vec<Block>,
}

/// What all blocks of a run have in common: the first line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlocksHeader {
    /// Of the format; [`BLOCKS_VERSION`] when written by this program.
    pub schema_version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Draws the order within pairs, and later the signs of the test.
    pub seed: u64,
    /// Length of a block of the latency phase in seconds of arm time, the discarded part included.
    pub block_length: f64,
    /// The part of each block whose samples are not in it, from its beginning: 0.1 is the first tenth.
    pub discarded: f64,
    /// Arrivals per second in the latency phase; null where users wait for answers in it too.
    pub rate: Option<f64>,
    /// Users of the throughput phase.
    pub users: u32,
    /// Names of what [`Block::endpoints`] counts, in the same order.
    pub endpoints: Vec<BlockEndpointName>,
    /// The arm that is compared with.
    pub base: ArmIdentity,
    /// The arm that is judged.
    pub candidate: ArmIdentity,
    /// When the load began; null in files of programs that didn't tell.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
}

/// An endpoint of the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockEndpointName {
    /// `METHOD path` as written in the scenario, or the step's name.
    pub name: String,
    /// The user class.
    pub class: String,
}

/// What an arm runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArmIdentity {
    /// The commit of its working folder, where it is one.
    pub sha: Option<String>,
    /// Digest of what runs (commit and changed files, or the command's binary), where it can be told; two arms with the
    /// same one are a calibration.
    pub digest: Option<String>,
}

/// Which of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// What is compared with.
    Base,
    /// What is judged.
    Candidate,
}

/// What kind of load a block had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockPhase {
    /// Arrivals, below capacity: response times are judged.
    Latency,
    /// A closed loop without pauses: finished requests per second are judged.
    Throughput,
}

/// One block: one arm under load for a short time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Number of its pair within the phase, from 0; a redone pair has a new number.
    pub pair: u32,
    /// The kind of load.
    pub phase: BlockPhase,
    /// Which service was under load.
    pub arm: Arm,
    /// Whether it was the first of its pair.
    pub first: bool,
    /// How often both services had been started anew before it.
    pub epoch: u32,
    /// Which budget it belongs to: 1, or 2 for the second look.
    pub look: u32,
    /// Its pair was disturbed and is not judged, for a reason blind to the result: `steal`, `lag`, `generator_cpu`.
    #[serde(default)]
    pub disturbed: Option<String>,
    /// Seconds since the first block began.
    pub at: f64,
    /// Seconds of arm time that its samples are of: without the discarded part.
    pub measured: f64,
    /// Seconds until the requests in flight at its end were answered.
    pub drained: f64,
    /// Requests that were still unanswered when the drain was given up.
    pub cut: u64,
    /// Requests that were finished in `measured`; one that began before it or ended after it counts as the part that lies within.
    pub finished: f64,
    /// 99th percentile of how late arrivals started, seconds; null without arrivals.
    pub lag_p99: Option<f64>,
    /// Share of one core that the generator used, 0 to 1.
    pub generator_cpu: Option<f64>,
    /// Share of the machine's time that went to other machines, 0 to 1.
    pub steal: Option<f64>,
    /// Results by endpoint, in the order of [`BlocksHeader::endpoints`].
    pub endpoints: Vec<BlockEndpoint>,
}

/// Results of one endpoint in one block.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BlockEndpoint {
    /// Finished requests that were due in the measured part.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Response times of successful ones, from the intended start.
    pub ok: Histogram,
}

/// Says why a file of blocks can't be read.
#[derive(Debug, thiserror::Error)]
pub enum BlocksError {
    /// It can't be unpacked or read.
    #[error("not a gzip file of lines: {0}")]
    Unreadable(#[from] io::Error),
    /// It has no first line.
    #[error("the file is empty")]
    Empty,
    /// It is of a later version.
    #[error("schema_version {0} is newer than this program, which reads up to {BLOCKS_VERSION}: update loadline")]
    Newer(u32),
    /// A line isn't what it must be.
    #[error("line {line}: {source}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A block has other endpoints than the header says.
    #[error("line {line}: {found} endpoints where the header names {named}")]
    Endpoints {
        /// From 1.
        line: usize,
        /// In the block.
        found: usize,
        /// In the header.
        named: usize,
    },
}

impl Blocks {
    /// Writes them as gzipped JSON lines: the header, then one block a line.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut packed = flate2::write::GzEncoder::new(to, flate2::Compression::default());
        serde_json::to_writer(&mut packed, &self.header)?;
        packed.write_all(b"\n")?;
        for block in &self.blocks {
            serde_json::to_writer(&mut packed, block)?;
            packed.write_all(b"\n")?;
        }
        packed.finish()?.flush()
    }

    /// Reads what [`Blocks::write`] wrote.
    ///
    /// # Errors
    /// [`BlocksError`] names the line.
    pub fn read(from: impl Read) -> Result<Self, BlocksError> {
        let lines = io::BufReader::new(flate2::read::GzDecoder::new(from).take(LARGEST)).lines();
        let mut header: Option<BlocksHeader> = None;
        let mut blocks = Vec::new();
        for (number, line) in lines.enumerate() {
            let (line, number) = (line?, number + 1);
            let wrong = |source| BlocksError::Line { line: number, source };
            let Some(header) = &header else {
                header = Some(read_header(&line).map_err(|error| match error {
                    HeaderError::Json(source) => wrong(source),
                    HeaderError::Newer(version) => BlocksError::Newer(version),
                })?);
                continue;
            };
            let block: Block = serde_json::from_str(&line).map_err(wrong)?;
            if block.endpoints.len() != header.endpoints.len() {
                return Err(BlocksError::Endpoints { line: number, found: block.endpoints.len(), named: header.endpoints.len() });
            }
            blocks.push(block);
        }
        Ok(Self { header: header.ok_or(BlocksError::Empty)?, blocks })
    }
}

enum HeaderError {
    Json(serde_json::Error),
    Newer(u32),
}

fn read_header(line: &str) -> Result<BlocksHeader, HeaderError> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let Version { schema_version } = serde_json::from_str(line).map_err(HeaderError::Json)?;
    if schema_version > BLOCKS_VERSION {
        return Err(HeaderError::Newer(schema_version));
    }
    serde_json::from_str(line).map_err(HeaderError::Json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    fn blocks() -> Blocks {
        let mut ok = Histogram::new(3);
        for time in [900, 1_000, 1_250] {
            ok.record(Micros(time));
        }
        let block = |arm, first| Block {
            pair: 0,
            phase: BlockPhase::Latency,
            arm,
            first,
            epoch: 0,
            look: 1,
            disturbed: None,
            at: 0.25,
            measured: 0.18,
            drained: 0.001,
            cut: 0,
            finished: 4.25,
            lag_p99: Some(0.0002),
            generator_cpu: Some(0.12),
            steal: None,
            endpoints: vec![BlockEndpoint { requests: 4, failures: 1, ok: ok.clone() }],
        };
        let header = BlocksHeader {
            schema_version: BLOCKS_VERSION,
            scenario: "shop".to_owned(),
            seed: 7,
            block_length: 0.2,
            discarded: 0.1,
            rate: Some(400.0),
            users: 4,
            endpoints: vec![BlockEndpointName { name: "GET /".to_owned(), class: "user".to_owned() }],
            base: ArmIdentity::default(),
            candidate: ArmIdentity { sha: Some("abc".to_owned()), digest: None },
            started_at: Some(Timestamp::UNIX_EPOCH),
        };
        Blocks { header, blocks: vec![block(Arm::Candidate, true), block(Arm::Base, false)] }
    }

    #[test]
    fn blocks_come_back_as_they_were_written() {
        let mut file = Vec::new();
        blocks().write(&mut file).unwrap();
        assert_eq!(Blocks::read(file.as_slice()).unwrap(), blocks());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line() {
        let pack = |text: &str| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            packed.finish().unwrap()
        };
        let mut file = Vec::new();
        blocks().write(&mut file).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(file.as_slice()).read_to_string(&mut text).unwrap();
        let (header, first) = text.split_once('\n').unwrap();
        let first = first.lines().next().unwrap();
        let without = first.replace(&first[first.find("\"endpoints\"").unwrap()..], "\"endpoints\":[]}");
        let said = |text: &str| Blocks::read(pack(text).as_slice()).unwrap_err().to_string();
        assert_eq!(said(""), "the file is empty");
        assert_eq!(
            said(&header.replacen("\"schema_version\":1", "\"schema_version\":9", 1)),
            "schema_version 9 is newer than this program, which reads up to 1: update loadline"
        );
        assert_eq!(said(&format!("{header}\n{without}\n")), "line 2: 0 endpoints where the header names 1");
        assert!(said(&format!("{header}\n{first}\n{{}}\n")).starts_with("line 3: missing field"));
        assert!(Blocks::read(&b"no gzip"[..]).unwrap_err().to_string().starts_with("not a gzip file of lines"));
    }
}

//! Black-box tests: the program as people use it, with real processes, sockets and files; and the house that it is
//! built in.

mod support;

mod around_the_load;
mod baselines;
mod blocks;
mod calibration;
mod checking;
mod corpora;
mod demo_run;
mod examples;
mod exit_codes;
mod foreign;
mod forks;
mod github;
mod hostile_targets;
mod imports;
mod init;
mod interrupts;
mod load;
mod messages;
mod one_address;
mod options;
mod paired;
mod percentiles;
mod protocols;
mod proxies;
mod race;
mod readme;
mod reports;
mod secrets;
mod service;

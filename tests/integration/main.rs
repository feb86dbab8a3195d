//! Black-box tests: the program as people use it, and the house that it is built in.

mod imports;
mod readme;

//! Hostile actors at every send of ours, at every reply that we decode, and as everyone that we might
//! take for somebody else.
//!
//! [`sites`] lists the sends and says whom they reach; it fails where one is added that it does not
//! know. Where a send runs code that anyone can have written, a table says what comes of each attack:
//! the token receiver's hook in [`dao`] and [`lending`], AuthenticateMessage in [`vouching`], the
//! constructor that Init runs in [`created`]. [`sequences`] has two attacks in one hook, [`payees`] those
//! whom plain sends pay, [`forged`] those who lie about who they are, [`midway`] changes between the steps
//! of one message, [`asking`] what may not write.
//!
//! The tables stand in `tests/hostile/README.md`. What is true of every cell is asserted here: a message
//! that fails leaves everything as it was, and after one that succeeds the invariants hold and the
//! attacker has no more than it was due. Each table's test asserts too that the sends which name a row or a
//! column of it did reach the attacker there.

mod asking;
mod created;
mod dao;
mod forged;
mod lending;
mod midway;
mod payees;
mod puppet;
mod sequences;
mod sites;
mod table;
mod vouching;

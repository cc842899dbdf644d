//! Perpetual storage in the FVM.

mod attacks;
mod bad_input;
mod deals;
mod funds;
mod life;
mod policy;
mod prices;
mod ten_years;

//! Plain tables for the terminal.

/// Prints rows under a header, numbers to the right.
pub fn print(header: &[&str], rows: &[Vec<String>]) {
    print!("{}", render(header, rows));
}

/// Rows under a header, numbers to the right.
#[must_use]
pub fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let longest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        longest.max(header[column].chars().count())
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String], numbers: bool| {
        let mut out = String::new();
        for (cell, &width) in cells.iter().zip(&widths) {
            let right = numbers && cell.starts_with(|c: char| c.is_ascii_digit());
            let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
            out += &if right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
        }
        format!("{}\n", out.trim_end())
    };
    let mut out = line(&header.iter().map(ToString::to_string).collect::<Vec<_>>(), false);
    out += &widths.iter().map(|w| "─".repeat(*w)).collect::<Vec<_>>().join("  ");
    out.push('\n');
    out.extend(rows.iter().map(|row| line(row, true)));
    out
}

/// A whole number with thousands apart.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1 000");
        assert_eq!(thousands(12_345_678), "12 345 678");
    }
}

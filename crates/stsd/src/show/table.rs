//! Columns of text.

use crate::show::printable;

/// Lines under a heading, each column as wide as its widest cell. An empty cell shows as `-`, so
/// that columns can be counted by a script that reads words.
pub(crate) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let shown: Vec<[String; N]> = std::iter::once(heading.map(str::to_owned))
        .chain(rows.iter().map(|row| {
            row.each_ref()
                .map(|cell| if cell.is_empty() { "-".to_owned() } else { printable(cell) })
        }))
        .collect();
    let width = |column: usize| shown.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let mut text = String::new();
    for row in &shown {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up_and_empty_cells_show() {
        let rows = [["日本".into(), String::new()], ["a".into(), "ready".into()]];
        assert_eq!(
            table(["PROFILE", "STATE"], &rows),
            "PROFILE  STATE\n日本       -\na        ready\n"
        );
    }
}

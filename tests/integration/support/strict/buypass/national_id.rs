//! Norwegian national identity numbers: six digits of a birthday, three that
//! tell people apart, and two that check the others.

const FIRST_WEIGHTS: [u32; 9] = [3, 7, 6, 1, 8, 9, 4, 5, 2];
const SECOND_WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// Whether the check digits of eleven digits are right.
pub(super) fn is_one(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        digits.len() == 11
            && check(&digits, &FIRST_WEIGHTS) == Some(digits[9])
            && check(&digits, &SECOND_WEIGHTS) == Some(digits[10])
    })
}

/// Nobody's number, another for each `place`: in the range for test data 80 is
/// added to the month.
pub(crate) fn synthetic(place: usize) -> String {
    let days =
        (1..=28_u32).flat_map(|day| (0..1000_u32).map(move |person| format!("{day:02}8262{person:03}")));
    days.filter_map(|start| {
        let mut digits: Vec<u32> = start.chars().filter_map(|digit| digit.to_digit(10)).collect();
        digits.push(check(&digits, &FIRST_WEIGHTS)?);
        digits.push(check(&digits, &SECOND_WEIGHTS)?);
        Some(digits.iter().map(u32::to_string).collect())
    })
    .nth(place)
    .expect("there are thousands")
}

/// The digit that makes the weighted sum a multiple of 11, if one digit does.
fn check(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    let digit = (11 - sum % 11) % 11;
    (digit < 10).then_some(digit)
}

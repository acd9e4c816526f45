//! What the API server answers, with nothing nested more deeply than can be
//! read.
//!
//! Attributes that this program does not know are kept as they are, so the
//! schema lets anybody nest them as deeply as he likes. The JSON reader stops
//! at 128 levels and refuses the whole list: one object could blind the
//! operator to all of them. So what is too deep is cut out before it is read;
//! what is left in its place is no value that SCIM has, and the object stalls
//! with `InvalidSpec`.

use bytes::Bytes;
use http::Response;
use http_body::Body;
use http_body_util::BodyExt as _;

/// Levels that are let through. SCIM has three (RFC 7643 §2.3.8), Kubernetes'
/// own metadata hardly more.
const DEEPEST: usize = 100;

/// What stands where something too deep was: an object, which SCIM does not
/// allow within another.
const CUT: &[u8] = br#"{"cut":{"nested":{"too":"deeply"}}}"#;

/// The answer with a body that is cut as it comes in.
pub(super) fn shallow<B: Body<Data = Bytes>>(
    answer: Response<B>,
) -> Response<impl Body<Data = Bytes, Error = B::Error>> {
    answer.map(|body| {
        let mut cutter = Cutter::default();
        body.map_frame(move |frame| frame.map_data(|data| cutter.cut(&data)))
    })
}

/// Where in a JSON text the last piece ended.
#[derive(Debug, Default)]
struct Cutter {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

impl Cutter {
    fn cut(&mut self, piece: &[u8]) -> Bytes {
        let mut kept = Vec::with_capacity(piece.len());
        for byte in piece {
            self.step(*byte, &mut kept);
        }
        kept.into()
    }

    fn step(&mut self, byte: u8, kept: &mut Vec<u8>) {
        let was_deep = self.depth > DEEPEST;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' => self.in_text = !self.in_text,
            b'{' | b'[' if !self.in_text => self.depth += 1,
            b'}' | b']' if !self.in_text => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let is_deep = self.depth > DEEPEST;
        match (was_deep, is_deep) {
            (false, false) => kept.push(byte),
            (false, true) => kept.extend_from_slice(CUT),
            (true, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn cut(text: &str, piece: usize) -> String {
        let mut cutter = Cutter::default();
        let kept: Vec<u8> = text.as_bytes().chunks(piece).flat_map(|piece| cutter.cut(piece)).collect();
        String::from_utf8(kept).unwrap()
    }

    fn nested(levels: usize) -> String {
        format!("{}1{}", "{\"a\":[".repeat(levels / 2), "]}".repeat(levels / 2))
    }

    #[test]
    fn what_is_too_deep_is_cut_and_its_neighbours_stay() {
        let text = format!(r#"{{"items":[{},{{"fine":"]}}\"["}}]}}"#, nested(1_000));
        assert!(serde_json::from_str::<Value>(&text).is_err());
        let list: Value = serde_json::from_str(&cut(&text, 7)).unwrap();
        assert_eq!(list["items"][1], json!({"fine": "]}\"["}));
    }

    #[test]
    fn the_events_of_a_watch_are_cut_one_by_one() {
        let text = format!("{}\n{{\"next\":1}}\n", nested(400));
        let cut = cut(&text, 3);
        let lines: Vec<Value> = cut.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[1], json!({"next": 1}));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), ".*".prop_map(Value::from)];
        leaf.prop_recursive(5, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\{\\[]{0,3}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_not_too_deep_is_not_touched(value in values(), piece in 1usize..20) {
            let text = value.to_string();
            prop_assert_eq!(cut(&text, piece), text);
        }
    }
}

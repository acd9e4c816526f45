//! Which users a group's `memberSelector` fits: the label selectors of
//! Kubernetes, read as strictly as the API server reads its own.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use kube::core::{Selector, SelectorExt as _};

/// A selector that can be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSelector(Selector);

/// A selector that the schema lets through and that Kubernetes itself would
/// refuse: `NotIn` nothing fits everybody, and nobody means that.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InvalidSelector {
    /// `In` or `NotIn` without values.
    #[error(
        "the expression for the label {key} has the operator {operator} and no values; name at least one"
    )]
    NoValues {
        /// The label's key.
        key: String,
        /// `In` or `NotIn`.
        operator: String,
    },
    /// `Exists` or `DoesNotExist` with values.
    #[error(
        "the expression for the label {key} has the operator {operator}, which takes no values; remove them"
    )]
    Values {
        /// The label's key.
        key: String,
        /// `Exists` or `DoesNotExist`.
        operator: String,
    },
    /// No operator of label selectors.
    #[error("{operator} is none of the operators In, NotIn, Exists and DoesNotExist")]
    Operator {
        /// What stands there.
        operator: String,
    },
}

impl MemberSelector {
    /// Reads the selector of a manifest.
    pub fn read(selector: &LabelSelector) -> Result<Self, InvalidSelector> {
        selector.match_expressions.iter().flatten().try_for_each(check)?;
        let unknown = |_| InvalidSelector::Operator { operator: "something".to_owned() };
        Selector::try_from(selector.clone()).map(Self).map_err(unknown)
    }

    /// Whether it fits somebody with these labels. A selector that asks for
    /// nothing fits everybody.
    pub fn fits(&self, labels: Option<&BTreeMap<String, String>>) -> bool {
        labels.map_or_else(|| self.0.matches(&BTreeMap::new()), |labels| self.0.matches(labels))
    }
}

fn check(requirement: &LabelSelectorRequirement) -> Result<(), InvalidSelector> {
    let has_values = requirement.values.as_ref().is_some_and(|values| !values.is_empty());
    let (key, operator) = (requirement.key.clone(), requirement.operator.clone());
    match (operator.as_str(), has_values) {
        ("In" | "NotIn", true) | ("Exists" | "DoesNotExist", false) => Ok(()),
        ("In" | "NotIn", false) => Err(InvalidSelector::NoValues { key, operator }),
        ("Exists" | "DoesNotExist", true) => Err(InvalidSelector::Values { key, operator }),
        _ => Err(InvalidSelector::Operator { operator }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, option, prelude::*, sample::select};

    use super::*;

    fn expression(key: &str, operator: &str, values: &[&str]) -> LabelSelectorRequirement {
        LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: (!values.is_empty()).then(|| values.iter().map(|value| (*value).to_owned()).collect()),
        }
    }

    fn selector(expressions: Vec<LabelSelectorRequirement>) -> Result<MemberSelector, InvalidSelector> {
        MemberSelector::read(&LabelSelector { match_expressions: Some(expressions), match_labels: None })
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_selector_that_asks_for_nothing_fits_everybody() {
        let all = MemberSelector::read(&LabelSelector::default()).unwrap();
        assert!(all.fits(None));
        assert!(all.fits(Some(&labels(&[("team", "red")]))));
    }

    #[test]
    fn each_operator_says_what_it_says_in_kubernetes() {
        let cases = [
            (expression("team", "In", &["red", "blue"]), [true, false, false]),
            (expression("team", "NotIn", &["red"]), [false, true, true]),
            (expression("team", "Exists", &[]), [true, true, false]),
            (expression("team", "DoesNotExist", &[]), [false, false, true]),
        ];
        for (expression, fits) in cases {
            let selector = selector(vec![expression.clone()]).unwrap();
            let people = [Some(labels(&[("team", "red")])), Some(labels(&[("team", "green")])), None];
            assert_eq!(people.map(|labels| selector.fits(labels.as_ref())), fits, "{expression:?}");
        }
    }

    #[test]
    fn what_kubernetes_would_refuse_fits_nobody_by_accident() {
        for operator in ["In", "NotIn"] {
            let refused = selector(vec![expression("team", operator, &[])]);
            assert!(matches!(refused, Err(InvalidSelector::NoValues { .. })), "{operator}");
        }
        for operator in ["Exists", "DoesNotExist"] {
            let refused = selector(vec![expression("team", operator, &["red"])]);
            assert!(matches!(refused, Err(InvalidSelector::Values { .. })), "{operator}");
        }
        let refused = selector(vec![expression("team", "Like", &["red"])]);
        assert!(matches!(refused, Err(InvalidSelector::Operator { operator }) if operator == "Like"));
    }

    fn some_labels() -> impl Strategy<Value = BTreeMap<String, String>> {
        btree_map("[ab]", "[xyz]", 0..3)
    }

    fn some_expression() -> impl Strategy<Value = LabelSelectorRequirement> {
        let values = prop::collection::vec("[xyz]", 1..3);
        ("[ab]", select(vec!["In", "NotIn", "Exists", "DoesNotExist"]), values).prop_map(
            |(key, operator, values)| LabelSelectorRequirement {
                key,
                operator: operator.to_owned(),
                values: operator.ends_with("In").then_some(values),
            },
        )
    }

    proptest! {
        #[test]
        fn all_conditions_must_hold(
            match_labels in option::of(some_labels()),
            expressions in prop::collection::vec(some_expression(), 0..4),
            labels in some_labels(),
        ) {
            let whole = LabelSelector {
                match_labels: match_labels.clone(),
                match_expressions: Some(expressions.clone()),
            };
            let equal = match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
            let each = expressions.into_iter().all(|expression| selector(vec![expression]).unwrap().fits(Some(&labels)));
            prop_assert_eq!(MemberSelector::read(&whole).unwrap().fits(Some(&labels)), equal && each);
        }

        #[test]
        fn a_condition_and_its_opposite_split_everybody(expression in some_expression(), labels in some_labels()) {
            let opposite = LabelSelectorRequirement {
                operator: match expression.operator.as_str() {
                    "In" => "NotIn",
                    "NotIn" => "In",
                    "Exists" => "DoesNotExist",
                    _ => "Exists",
                }.to_owned(),
                ..expression.clone()
            };
            let fits = selector(vec![expression]).unwrap().fits(Some(&labels));
            prop_assert_ne!(selector(vec![opposite]).unwrap().fits(Some(&labels)), fits);
        }
    }
}

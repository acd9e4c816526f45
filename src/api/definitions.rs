//! The definitions that a cluster needs.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt as _;

use super::{ClusterScimProvider, ScimDeletionHold, ScimGroup, ScimProvider, ScimUser};

/// Every definition, in the order of dependence.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    let mut definitions = vec![
        ClusterScimProvider::crd(),
        ScimProvider::crd(),
        ScimUser::crd(),
        ScimGroup::crd(),
        ScimDeletionHold::crd(),
    ];
    let versions = definitions.iter_mut().flat_map(|definition| &mut definition.spec.versions);
    for schema in versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut()) {
        tidy(schema);
    }
    definitions
}

/// Makes descriptions paragraphs of one line each, so that whatever shows them
/// can wrap them its own way, and takes null out of enums, because the API
/// server lists it among the supported values and refuses it all the same.
fn tidy(schema: &mut JSONSchemaProps) {
    if let Some(description) = &mut schema.description {
        let paragraphs: Vec<_> =
            description.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
    if let Some(values) = &mut schema.enum_ {
        values.retain(|value| !value.0.is_null());
        schema.nullable = None;
    }
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        tidy(property);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        tidy(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        tidy(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_not_wrapped() {
        let text = serde_json::to_string(&definitions()).unwrap();
        assert!(text.contains("is made equal, and kept equal."));
        assert!(!text.contains("\\n"), "a line break in a description");
    }
}

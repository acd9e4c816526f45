//! The page of one kind.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionVersion,
    JSONSchemaProps,
};

use super::{cell, fields, reasons, rows};

/// A definition, and the parts of it that the page speaks of.
pub(super) struct Page<'definition> {
    definition: &'definition CustomResourceDefinition,
    version: &'definition CustomResourceDefinitionVersion,
    schema: &'definition JSONSchemaProps,
}

impl<'definition> Page<'definition> {
    /// The page of a definition, about the version that is stored.
    pub(super) fn of(definition: &'definition CustomResourceDefinition) -> Option<Self> {
        let version = definition.spec.versions.iter().find(|version| version.storage)?;
        let schema = version.schema.as_ref()?.open_api_v3_schema.as_ref()?;
        Some(Self { definition, version, schema })
    }

    /// For example `scimuser.md`.
    pub(super) fn file_name(&self) -> String {
        let names = &self.definition.spec.names;
        format!("{}.md", names.singular.as_ref().unwrap_or(&names.plural))
    }

    /// Its row in the index.
    pub(super) fn row(&self) -> String {
        let names = &self.definition.spec.names;
        format!(
            "| [{}]({}) | `{}` | {} | {} |\n",
            names.kind,
            self.file_name(),
            self.short_names(),
            self.scope(),
            cell(self.schema.description.as_deref().unwrap_or_default()),
        )
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        let names = &self.definition.spec.names;
        format!(
            "# {}\n\n{}\n\n`apiVersion: {}/{}`, {}. Also called {} and `{}`.\n{}{}{}{}{}",
            names.kind,
            self.schema.description.as_deref().unwrap_or_default(),
            self.definition.spec.group,
            self.version.name,
            self.scope(),
            names.plural,
            self.short_names(),
            self.columns(),
            self.selectable_fields(),
            self.part("spec"),
            self.part("status"),
            reasons::sections(&names.kind),
        )
    }

    fn short_names(&self) -> String {
        self.definition.spec.names.short_names.as_deref().unwrap_or_default().join("`, `")
    }

    fn scope(&self) -> &'static str {
        if self.definition.spec.scope == "Cluster" { "in the cluster" } else { "in a namespace" }
    }

    fn columns(&self) -> String {
        let rows = rows(self.version.additional_printer_columns.iter().flatten().map(column));
        let plural = &self.definition.spec.names.plural;
        format!(
            "\n## What `kubectl get {plural}` shows\n\n| Column | From | What it tells |\n|---|---|---|\n{rows}"
        )
    }

    fn selectable_fields(&self) -> String {
        let fields: Vec<_> = self
            .version
            .selectable_fields
            .iter()
            .flatten()
            .map(|field| format!("`{}`", field.json_path.trim_start_matches('.')))
            .collect();
        if fields.is_empty() {
            return String::new();
        }
        format!("\n`kubectl get --field-selector` can choose by {}.\n", fields.join(" and "))
    }

    /// `spec` or `status`, and everything in it.
    fn part(&self, name: &str) -> String {
        let Some(schema) = self.schema.properties.as_ref().and_then(|properties| properties.get(name)) else {
            return String::new();
        };
        let sections = rows(fields::below(name, schema).iter().map(fields::Field::section));
        format!(
            "\n## `{name}`\n\n{}\n{}{sections}",
            schema.description.as_deref().unwrap_or_default(),
            fields::rules(schema),
        )
    }
}

fn column(column: &CustomResourceColumnDefinition) -> String {
    let wide = if column.priority.unwrap_or_default() > 0 { " (with `--output wide`)" } else { "" };
    format!(
        "| {}{wide} | `{}` | {} |\n",
        column.name,
        cell(column.json_path.trim_start_matches('.')),
        cell(column.description.as_deref().unwrap_or_default()),
    )
}

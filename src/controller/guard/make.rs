//! Makes holds.

use std::fmt::Write as _;

use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};

use crate::{
    api::{HeldEntry, ScimDeletionHold, ScimDeletionHoldSpec, reasons},
    controller::{
        context::Context,
        objects::{ObjectError, in_time},
    },
    runtime::entropy,
    sync::guard::{Cause, HoldSeal as _, ledger_name},
};

/// How much of the server's name is in the name of a hold.
const LONGEST_HOST: usize = 40;

/// Makes a hold of these, and knows of it at once.
pub(super) async fn hold(
    context: &Context,
    endpoint: &str,
    entries: Vec<HeldEntry>,
    member_ids: Option<Vec<String>>,
    cause: Cause,
) -> Result<ScimDeletionHold, ObjectError> {
    let count = member_ids.as_ref().map_or(entries.len(), Vec::len);
    let mut spec = ScimDeletionHoldSpec {
        endpoint_key: endpoint.to_owned(),
        cause: cause.message(&ledger_name(endpoint)),
        count: i64::try_from(count).unwrap_or(i64::MAX),
        entries,
        member_ids,
        seal: String::new(),
        decision: None,
    };
    spec.seal = spec.seal_of(&context.digester);
    let hold = ScimDeletionHold {
        metadata: ObjectMeta { name: Some(name(endpoint)), ..ObjectMeta::default() },
        spec,
        status: None,
    };
    let api: Api<ScimDeletionHold> = Api::namespaced(context.client.clone(), &context.operator_namespace);
    let made = in_time(api.create(&PostParams::default(), &hold)).await?;
    context.guard.index.take(&made);
    let note = format!("{}. Set spec.decision to Approve or Reject.", made.spec.cause);
    context.events.failed(&made, reasons::DELETION_HELD, note);
    tracing::warn!(hold = made.metadata.name, endpoint, count, "held until somebody decides");
    Ok(made)
}

/// For example `idp.example.com-4f2a9c1b`.
fn name(endpoint: &str) -> String {
    let host = endpoint.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default().to_lowercase();
    let plain: String =
        host.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).take(LONGEST_HOST).collect();
    let host = plain.trim_matches(['.', '-']);
    let mut name = if host.is_empty() { "server".to_owned() } else { host.to_owned() };
    name.push('-');
    // Without randomness the API server refuses a second one of this name, and
    // it is tried again.
    for byte in entropy::bytes::<4>().unwrap_or_default() {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_called_like_its_server() {
        assert!(name("https://IdP.example.com:8443/scim/v2").starts_with("idp.example.com-"));
        assert!(name("https://[::1]:8443/scim/v2").starts_with("server-"));
    }
}

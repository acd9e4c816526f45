//! What becomes of an identity when its object is deleted.

use crate::{
    api::{DeletionPolicy, Origin},
    scim::port::ResourceType,
};

/// The policy in force: what the object says; for what was adopted, Retain,
/// because it was there before; else what the provider says; else Delete.
/// Groups cannot be inactive, so where users are deactivated they stay.
pub fn policy(
    own: Option<DeletionPolicy>,
    providers: Option<DeletionPolicy>,
    origin: Option<Origin>,
    resource_type: ResourceType,
) -> DeletionPolicy {
    let inherited = match origin {
        Some(Origin::Adopted) => DeletionPolicy::Retain,
        Some(Origin::Created) | None => providers.unwrap_or(DeletionPolicy::Delete),
    };
    match (own.unwrap_or(inherited), resource_type) {
        (DeletionPolicy::Deactivate, ResourceType::Group) => DeletionPolicy::Retain,
        (policy, _) => policy,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        DeletionPolicy::{Deactivate, Delete, Retain},
        ResourceType::{Group, User},
        *,
    };

    #[test]
    fn the_object_then_the_origin_then_the_provider_decide() {
        let (created, adopted) = (Some(Origin::Created), Some(Origin::Adopted));
        for (row, own, providers, origin, resource_type, expected) in [
            ("nobody says anything", None, None, created, User, Delete),
            ("the provider says", None, Some(Retain), created, User, Retain),
            ("the object says otherwise", Some(Delete), Some(Retain), created, User, Delete),
            ("created and not recorded", None, Some(Deactivate), None, User, Deactivate),
            ("adopted", None, None, adopted, User, Retain),
            ("adopted, whatever the provider says", None, Some(Delete), adopted, User, Retain),
            ("adopted, but the object says", Some(Delete), None, adopted, User, Delete),
            ("a group has no active", None, Some(Deactivate), created, Group, Retain),
        ] {
            assert_eq!(policy(own, providers, origin, resource_type), expected, "{row}");
        }
    }
}

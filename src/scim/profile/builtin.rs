//! The profiles that the program brings along.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Each file in `profiles/`, by its name.
        const SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/", $name, ".yaml")))),*];
    };
}

shipped!["buypass", "confirmit", "idaas-nl", "rfc7644"];

/// The names of all profiles, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The text of the profile of this name, as it is in its file.
pub fn builtin(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

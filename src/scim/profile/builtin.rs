//! The profiles that the program brings along.

// Each file in `profiles/`, by its name, as the build script found them.
include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// The names of all profiles, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The text of the profile of this name, as it is in its file.
pub fn builtin(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

//! Lists `profiles/*.yaml` for `src/scim/profile/builtin.rs`, so that a new
//! profile is a new file and nothing else.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=profiles");
    let mut names = Vec::new();
    for entry in fs::read_dir("profiles")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a profile without a name")?;
            names.push(name.to_owned());
        }
    }
    names.sort();
    let text = |name: &String| {
        format!(
            "({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/profiles/{name}.yaml\"))),\n"
        )
    };
    let list: String = names.iter().map(text).collect();
    let file = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("profiles.rs");
    fs::write(file, format!("const SHIPPED: &[(&str, &str)] = &[\n{list}];\n"))?;
    Ok(())
}

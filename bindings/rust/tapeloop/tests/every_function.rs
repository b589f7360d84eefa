//! The safe layer calls every function of the C API.
use std::fs;
use std::path::{Path, PathBuf};

/// New in C, and not called yet: whoever wraps one takes it off this list.
const WAITING: &[&str] = &[];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().map_or(false, |ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_function_is_called() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let declared = include_str!("../../tapeloop-sys/src/ffi.rs");
    let functions =
        declared.lines().filter_map(|line| line.trim().strip_prefix("pub fn ")?.split('(').next());
    let functions: Vec<&str> = functions.collect();
    assert!(functions.len() > 200, "{:?}", functions);
    let missing: Vec<_> = functions.iter().copied().filter(|name| !words.contains(name)).collect();
    assert_eq!(
        missing.iter().find(|name| !WAITING.contains(name)),
        None,
        "the safe layer does not call this"
    );
    assert_eq!(WAITING.iter().find(|name| !missing.contains(name)), None, "this waits no more");
    println!("not called yet: {:?}", missing);
}

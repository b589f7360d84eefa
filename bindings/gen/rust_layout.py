"""The test that the raw Rust layer has the layout of C: constants, and sizes and offsets of every struct."""
from rust_names import NOTE
from rust_sys import name

HEAD = '''//! Constants and the layout of structs, as the C compiler has them and as Rust has them.
use std::fmt::Write as _;
use std::mem::{size_of, MaybeUninit};
use std::path::PathBuf;
use std::process::Command;
use std::ptr::addr_of;
use tapeloop_sys::*;

macro_rules! layout {
    ($rows:ident, $kind:ident { $($field:ident),* }) => {
        writeln!($rows, "{} {}", stringify!($kind), size_of::<$kind>()).unwrap();
        let value = MaybeUninit::<$kind>::uninit();
        let base = value.as_ptr();
        // SAFETY: only addresses inside of `value` are formed, nothing is read.
        $(writeln!($rows, "{}.{} {}", stringify!($kind), stringify!($field).trim_start_matches("r#"),
            unsafe { addr_of!((*base).$field) } as usize - base as usize).unwrap();)*
    };
}

macro_rules! constants {
    ($rows:ident, $($constant:ident),*) => {
        $(writeln!($rows, "{} {}", stringify!($constant), $constant).unwrap();)*
    };
}

fn here() -> String {
    let mut rows = String::new();
'''
TAIL = '''    rows
}

#[test]
fn rust_and_c_agree() {
    let include = option_env!("TAPELOOP_INCLUDE").unwrap_or("/usr/include"); // what the build script found
    let folder = std::env::temp_dir().join(format!("tapeloop-layout-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, program): (PathBuf, PathBuf) = (folder.join("layout.c"), folder.join("layout"));
    std::fs::write(&source, THERE).unwrap();
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let compiled = Command::new(cc).arg("-std=c99").arg("-I").arg(include).arg(&source).arg("-o").arg(&program).status();
    assert!(compiled.expect("a C compiler").success());
    let output = Command::new(&program).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let there = String::from_utf8(output.stdout).unwrap();
    assert!(there.lines().count() > 50, "{}", there);
    for (here, there) in here().lines().zip(there.lines()) {
        assert_eq!(here, there);
    }
    assert_eq!(here().lines().count(), there.lines().count());
}
'''


def layout(api):
    constants = [c["name"] for c in api["constants"]] + [v["name"] for e in api["enums"] for v in e["values"]]
    rust = f"    constants!(rows, {', '.join(constants)});\n"
    lines = ["#include <stddef.h>", "#include <stdio.h>", "#include <tapeloop/tapeloop.h>", "int main(void) {"]
    lines += [f'  printf("{c} %d\\n", (int){c});' for c in constants]
    for s in api["structs"]:
        fields = [f["name"] for f in s["fields"]]
        rust += f"    layout!(rows, {s['name']} {{ {', '.join(name(f) for f in fields)} }});\n"
        lines.append(f'  printf("{s["name"]} %zu\\n", sizeof({s["name"]}));')
        lines += [f'  printf("{s["name"]}.{f} %zu\\n", offsetof({s["name"]}, {f}));' for f in fields]
    there = "\n".join(lines + ["  return 0;", "}"])
    return NOTE + HEAD + rust + TAIL + f'\nconst THERE: &str = r#"{there}\n"#;\n'

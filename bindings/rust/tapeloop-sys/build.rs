//! Finds libtapeloop: where TAPELOOP_LIB_DIR says, else by pkg-config. Needs no crate and no network.
use std::env;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

const LOWEST: &str = "0.1";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in [
        "TAPELOOP_LIB_DIR",
        "TAPELOOP_INCLUDE_DIR",
        "TAPELOOP_STATIC",
        "PKG_CONFIG",
        "PKG_CONFIG_PATH",
        "PKG_CONFIG_LIBDIR",
        "PKG_CONFIG_SYSROOT_DIR",
        "DOCS_RS",
    ] {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    if env::var_os("DOCS_RS").is_some() {
        return; // documentation is built without the library
    }
    let archive =
        matches!(env::var("TAPELOOP_STATIC").as_deref(), Ok(value) if value != "0" && !value.is_empty());
    match env::var_os("TAPELOOP_LIB_DIR") {
        Some(folder) => link_from(Path::new(&folder), archive),
        None => link_by_pkg_config(archive),
    }
}

/// Links what lies in a folder. An archive takes its own needs with it, which pkg-config knows.
fn link_from(folder: &Path, archive: bool) {
    let wanted = if archive { "libtapeloop.a" } else { "libtapeloop.so" };
    if !folder.join(wanted).exists() && !folder.join("libtapeloop.dylib").exists() {
        give_up(&format!("TAPELOOP_LIB_DIR is {}, where there is no {}", folder.display(), wanted));
    }
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:lib_dir={}", folder.display());
    let include = env::var_os("TAPELOOP_INCLUDE_DIR")
        .map(PathBuf::from)
        .or_else(|| folder.parent().map(|prefix| prefix.join("include")));
    if let Some(include) = include {
        tell_include(&include.display().to_string());
    }
    if archive {
        println!("cargo:rustc-link-lib=static=tapeloop");
        for flag in pkg_config(&["--static", "--libs", "tapeloop"]).unwrap_or_default() {
            if flag != "-ltapeloop" {
                link_flag(&flag, false);
            }
        }
    } else {
        println!("cargo:rustc-link-lib=dylib=tapeloop");
    }
}

fn link_by_pkg_config(archive: bool) {
    if let Err(reason) = pkg_config(&[&format!("--atleast-version={}", LOWEST), "tapeloop"]) {
        give_up(&reason);
    }
    let mut arguments = vec!["--libs", "tapeloop"];
    if archive {
        arguments.insert(0, "--static");
    }
    match pkg_config(&arguments) {
        Ok(flags) => flags.iter().for_each(|flag| link_flag(flag, archive)),
        Err(reason) => give_up(&reason),
    }
    if let Ok(libdir) = pkg_config(&["--variable=libdir", "tapeloop"]) {
        println!("cargo:lib_dir={}", libdir.join(" "));
        if archive {
            println!("cargo:rustc-link-search=native={}", libdir.join(" "));
        }
    }
    if let Ok(include) = pkg_config(&["--variable=includedir", "tapeloop"]) {
        tell_include(&include.join(" "));
    }
}

/// Where the headers are: for dependants as DEP_TAPELOOP_INCLUDE, for the tests here as TAPELOOP_INCLUDE.
fn tell_include(folder: &str) {
    println!("cargo:include={}", folder);
    println!("cargo:rustc-env=TAPELOOP_INCLUDE={}", folder);
}

fn link_flag(flag: &str, archive: bool) {
    if let Some(folder) = flag.strip_prefix("-L") {
        println!("cargo:rustc-link-search=native={}", folder);
    } else if flag == "-ltapeloop" && archive {
        println!("cargo:rustc-link-lib=static=tapeloop");
    } else if let Some(library) = flag.strip_prefix("-l") {
        println!("cargo:rustc-link-lib=dylib={}", library);
    } else if flag == "-pthread" {
        println!("cargo:rustc-link-lib=dylib=pthread");
    }
}

/// The words that pkg-config prints, or why it prints none.
fn pkg_config(arguments: &[&str]) -> Result<Vec<String>, String> {
    let program = env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    let output = Command::new(&program)
        .arg("--print-errors")
        .args(arguments)
        .output()
        .map_err(|error| format!("{} does not run: {}", program.to_string_lossy(), error))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', "\n  "));
    }
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(String::from).collect())
}

fn give_up(reason: &str) -> ! {
    eprintln!(
        "
tapeloop-sys cannot find the C library libtapeloop, version {} or newer.

  {}

Install it from its source, in any folder PREFIX:
  cmake -S tapeloop -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build
  cmake --install build --prefix PREFIX
and say where it is, when you build and when you run:
  export PKG_CONFIG_PATH=PREFIX/lib/pkgconfig LD_LIBRARY_PATH=PREFIX/lib
  (without pkg-config: TAPELOOP_LIB_DIR=PREFIX/lib cargo build)
Where a distribution has packages of it, the one for building is libtapeloop-dev; pkg-config is another one.
To build documentation without the library:
  DOCS_RS=1 cargo doc
",
        LOWEST, reason
    );
    exit(1)
}

//! The WEBVIEW is carried inside the program. Without `web/webview/dist` (no Node.js at hand) a page that says so takes its
//! place, so that the Rust side builds and can be tested alone.

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let built = Path::new("../../web/webview/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    let folder = if built.join("index.html").exists() {
        built.canonicalize()?
    } else {
        let fallback = Path::new(&env::var("OUT_DIR")?).join("webview");
        fs::create_dir_all(&fallback)?;
        fs::write(
            fallback.join("index.html"),
            "<!doctype html><html lang=\"en\"><title>haubert-gateway</title><h1>haubert-gateway</h1>\
             <p>This build carries no web pages (run <code>make build</code>). The API is at <code>/api/v1</code>.</p></html>",
        )?;
        fallback
    };
    println!("cargo::rustc-env=WEBVIEW_DIST={}", folder.display());
    Ok(())
}

//! How to connect one more source.

use leptos::prelude::*;

const LOCAL: &str = r#"[[source]]
kind = "docker"
name = "local"
endpoint = "unix:///var/run/docker.sock""#;

const PODMAN: &str = r#"[[source]]
kind = "docker"
name = "podman"
endpoint = "unix:///run/podman/podman.sock""#;

const REMOTE: &str = r#"[[source]]
kind = "docker"
name = "edge-01"
endpoint = "tcp://edge-01.internal:2375""#;

/// Snippets for the configuration file, and what to mind.
#[component]
pub fn Connect() -> impl IntoView {
    view! {
        <section class="sect" id="connect" aria-labelledby="connect-h">
            <div class="sect-h">
                <h2 id="connect-h">"Connect one more"</h2>
                <p>
                    "Add it to the file given with " <code>"--config"</code>
                    " and start Inquest again. Nothing is installed beside the containers, and nothing is written to the engine."
                </p>
            </div>
            <div class="snippets">
                <figure>
                    <figcaption>"Docker on this machine"</figcaption>
                    <pre class="mono">{LOCAL}</pre>
                </figure>
                <figure>
                    <figcaption>
                        "Podman on this machine, which speaks Docker’s API, after "
                        <code>"systemctl enable --now podman.socket"</code>
                    </figcaption>
                    <pre class="mono">{PODMAN}</pre>
                </figure>
                <figure>
                    <figcaption>"An engine on another machine"</figcaption>
                    <pre class="mono">{REMOTE}</pre>
                </figure>
            </div>
            <p class="mt4 ink2 measure">
                "Whoever can write to an engine’s socket is root on its machine. Inquest only reads, so give it no more than that: put a read-only proxy in front that lets GET requests for containers, events, logs and info through, name the proxy as the endpoint, and keep its port in a private network."
            </p>
        </section>
    }
}

//! Where a node is, as users of Lotus have it.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueHint};

use super::Lotus;
use crate::build;

/// What names the node and its token.
pub const FULLNODE_API_INFO: &str = "FULLNODE_API_INFO";
/// What names the directory of the node on this machine.
pub const LOTUS_PATH: &str = "LOTUS_PATH";
/// The directory of the dev node in the workspace.
pub const DEVNET: &str = "target/devnet";

const START: &str = "start one by `cargo fab devnet`, or name one by --rpc or FULLNODE_API_INFO (see \
                     `lotus auth api-info`)";

/// Options that name a node.
#[derive(Args)]
pub struct Connection {
    /// The node's JSON-RPC: a URL, a multiaddr, or TOKEN:ADDRESS as in FULLNODE_API_INFO, which is the
    /// default. Without either, the node on this machine: that of the directory LOTUS_PATH, else the dev
    /// node, else Lotus.
    #[arg(long, global = true, value_name = "URL", value_hint = ValueHint::Url)]
    rpc: Option<String>,
    /// The token that the node asks for, where there is none with its address.
    #[arg(long, global = true)]
    token: Option<String>,
}

/// The JSON-RPC of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub token: Option<String>,
}

impl Connection {
    /// The node that they name.
    pub fn node(&self) -> Result<Lotus> {
        Ok(Lotus::new(self.endpoint()?))
    }

    fn endpoint(&self) -> Result<Endpoint> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = match self.rpc.clone().or_else(|| set(FULLNODE_API_INFO)) {
            Some(info) => Endpoint::parse(&info)?,
            None => match set(LOTUS_PATH) {
                Some(named) => running(Path::new(&named))?.with_context(|| {
                    format!("no node runs in {named}, which {LOTUS_PATH} names: {START}")
                })?,
                None => usual()?,
            },
        };
        Ok(Endpoint { token: self.token.clone().or(endpoint.token), ..endpoint })
    }
}

/// The dev node, else Lotus where it usually is.
fn usual() -> Result<Endpoint> {
    let lotus = std::env::home_dir().map(|home| home.join(".lotus"));
    first_running([build::workspace_root().join(DEVNET)].into_iter().chain(lotus))
}

fn first_running(directories: impl IntoIterator<Item = PathBuf>) -> Result<Endpoint> {
    for directory in directories {
        if let Some(endpoint) = running(&directory)? {
            return Ok(endpoint);
        }
    }
    bail!("no node runs here: {START}")
}

/// The node of a directory, by the files that it keeps there while it runs. One that was killed leaves
/// them behind, and does not listen.
fn running(directory: &Path) -> Result<Option<Endpoint>> {
    let api = directory.join("api");
    if !api.exists() {
        return Ok(None);
    }
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let endpoint = Endpoint::parse(&read(&api)?).with_context(|| api.display().to_string())?;
    if endpoint.refuses() {
        return Ok(None);
    }
    let token = directory.join("token");
    let token = token.exists().then(|| read(&token)).transpose()?;
    Ok(Some(Endpoint { token: token.map(|token| token.trim().to_owned()), ..endpoint }))
}

impl Endpoint {
    /// Whether nobody listens there.
    fn refuses(&self) -> bool {
        let address = self.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    }

    /// Reads what `FULLNODE_API_INFO` holds: `TOKEN:ADDRESS` or an address alone, which is a multiaddr
    /// as `/ip4/127.0.0.1/tcp/1234/http`, a URL, or a host and its port. The first of several.
    pub fn parse(info: &str) -> Result<Self> {
        let first = info.split(',').next().unwrap_or_default().trim();
        let (token, address) = match first.split_once(':') {
            // A host and its port.
            Some((_, port)) if port.parse::<u16>().is_ok() => (None, first),
            Some((token, address)) if !token.starts_with('/') && !address.starts_with("//") => {
                (Some(token.to_owned()).filter(|token| !token.is_empty()), address)
            }
            _ => (None, first),
        };
        let url = match address.strip_prefix('/') {
            Some(multiaddr) => of_multiaddr(multiaddr),
            None => of_url(address),
        };
        Ok(Endpoint {
            url: url.with_context(|| format!("no node can be asked at {address:?}"))?,
            token,
        })
    }
}

/// The URL of a multiaddr, without its first slash.
fn of_multiaddr(multiaddr: &str) -> Result<String> {
    let parts: Vec<_> = multiaddr.trim_end_matches('/').split('/').collect();
    let [kind, host, "tcp", port, transport @ ..] = parts.as_slice() else {
        bail!("it must be as /ip4/127.0.0.1/tcp/1234/http");
    };
    ensure!(matches!(transport, [] | ["http" | "ws"]), NO_TLS);
    port.parse::<u16>().context("the port")?;
    match *kind {
        "ip4" | "dns" | "dns4" | "dns6" => of_url(&format!("http://{host}:{port}")),
        "ip6" => of_url(&format!("http://[{host}]:{port}")),
        other => bail!("/{other} is not known here"),
    }
}

/// A URL with the path of the JSON-RPC, where it has none. A node answers WebSocket and HTTP alike.
fn of_url(url: &str) -> Result<String> {
    let (scheme, rest) = match url.split_once("://") {
        Some(parts) => parts,
        None if url.contains(':') => ("http", url),
        None => bail!("it must be a multiaddr, HOST:PORT, or begin with http://"),
    };
    ensure!(matches!(scheme, "http" | "ws"), NO_TLS);
    let rest = rest.trim_end_matches('/');
    ensure!(!rest.is_empty(), "the host is missing");
    let path = if rest.contains("/rpc/") { "" } else { "/rpc/v1" };
    Ok(format!("http://{rest}{path}"))
}

const NO_TLS: &str = "only plain HTTP is spoken here: reach a node elsewhere through a tunnel, as by \
                      `ssh -L 1234:localhost:1234 HOST`";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use clap::Parser;

    use super::*;

    #[track_caller]
    fn check(info: &str, url: &str, token: Option<&str>) {
        let endpoint = Endpoint::parse(info).unwrap();
        assert_eq!((endpoint.url.as_str(), endpoint.token.as_deref()), (url, token), "{info}");
    }

    #[test]
    fn the_api_info_of_lotus_is_a_token_and_an_address() {
        let local = "http://127.0.0.1:1234/rpc/v1";
        check("a.b-c.d_e:/ip4/127.0.0.1/tcp/1234/http", local, Some("a.b-c.d_e"));
        check("/ip4/127.0.0.1/tcp/1234/http", local, None);
        check(":/ip4/127.0.0.1/tcp/1234", local, None);
        check("/dns/lotus/tcp/1234/ws", "http://lotus:1234/rpc/v1", None);
        check("t:/ip6/::1/tcp/1234/http", "http://[::1]:1234/rpc/v1", Some("t"));
        check("t:http://127.0.0.1:1234", local, Some("t"));
        check("ws://127.0.0.1:1234/", local, None);
        check("t:/ip4/127.0.0.1/tcp/1234/http,u:/ip4/10.0.0.1/tcp/1/http", local, Some("t"));
    }

    #[test]
    fn a_url_may_have_the_path_of_the_rpc() {
        check("http://127.0.0.1:1234/rpc/v1", "http://127.0.0.1:1234/rpc/v1", None);
    }

    #[test]
    fn a_host_and_its_port_will_do() {
        check("127.0.0.1:1234", "http://127.0.0.1:1234/rpc/v1", None);
        check("localhost:1234", "http://localhost:1234/rpc/v1", None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let garbage = ["", "token", "token:host", "/ip4/127.0.0.1", "/ip4/1.2.3.4/tcp/99999/http"];
        for info in garbage.into_iter().chain(["/unix/a/tcp/1/http", "http://"]) {
            assert!(Endpoint::parse(info).is_err(), "{info}");
        }
    }

    #[test]
    fn tls_is_refused_with_what_to_do_instead() {
        for info in ["https://node.example", "t:/dns/node.example/tcp/443/wss"] {
            let error = format!("{:#}", Endpoint::parse(info).unwrap_err());
            assert!(error.contains("ssh -L"), "{error}");
        }
    }

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        node: Connection,
    }

    fn connection(args: &[&str]) -> Connection {
        Cli::try_parse_from(["fab"].iter().chain(args)).unwrap().node
    }

    #[test]
    fn an_option_of_its_own_goes_before_what_the_address_says() {
        let both = connection(&["--rpc", "a:/ip4/127.0.0.1/tcp/1/http", "--token", "b"]);
        assert_eq!(both.endpoint().unwrap().token.as_deref(), Some("b"));
        let one = connection(&["--rpc", "a:/ip4/127.0.0.1/tcp/1/http"]);
        assert_eq!(one.endpoint().unwrap().token.as_deref(), Some("a"));
    }

    /// A directory for a test's nodes, which is empty.
    fn fresh(test: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("fab-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        directory
    }

    #[test]
    fn a_node_of_this_machine_is_the_first_that_says_where_it_listens() {
        let home = fresh("endpoint-home");
        let [dev, lotus] = ["dev", "lotus"].map(|name| home.join(name));
        let found = || first_running([dev.clone(), lotus.clone()]);
        let none = found().unwrap_err().to_string();
        assert!(none.contains("cargo fab devnet"), "{none}");
        for directory in [&lotus, &dev] {
            fs::create_dir_all(directory).unwrap();
            let node = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = node.local_addr().unwrap().port();
            fs::write(directory.join("api"), format!("/ip4/127.0.0.1/tcp/{port}/http\n")).unwrap();
            let url = format!("http://127.0.0.1:{port}/rpc/v1");
            assert_eq!(found().unwrap(), Endpoint { url: url.clone(), token: None });
            fs::write(directory.join("token"), "a.b.c\n").unwrap();
            assert_eq!(found().unwrap(), Endpoint { url, token: Some("a.b.c".into()) });
            drop(node);
            assert!(found().is_err(), "a node that was killed is taken for a running one");
        }
        fs::write(dev.join("api"), "nonsense").unwrap();
        let broken = format!("{:#}", found().unwrap_err());
        assert!(broken.contains("dev/api") && broken.contains("nonsense"), "{broken}");
        fs::remove_dir_all(home).unwrap();
    }
}

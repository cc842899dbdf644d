//! Where a node is, as users of Lotus have it.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

/// What names the node and its token.
pub const FULLNODE_API_INFO: &str = "FULLNODE_API_INFO";

/// Options that name a node.
#[derive(Args)]
pub struct Connection {
    /// The node's JSON-RPC: a URL, a multiaddr, or TOKEN:ADDRESS as in FULLNODE_API_INFO, which is the
    /// default.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The token that the node asks for, where `--rpc` has none.
    #[arg(long)]
    token: Option<String>,
}

/// The JSON-RPC of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub token: Option<String>,
}

impl Connection {
    pub fn endpoint(&self) -> Result<Endpoint> {
        let named = self.rpc.clone().or_else(|| std::env::var(FULLNODE_API_INFO).ok());
        let info = named.with_context(|| {
            format!("no node: give one by --rpc or {FULLNODE_API_INFO} (see `lotus auth api-info`)")
        })?;
        let endpoint = Endpoint::parse(&info)?;
        Ok(Endpoint { token: self.token.clone().or(endpoint.token), ..endpoint })
    }
}

impl Endpoint {
    /// Reads what `FULLNODE_API_INFO` holds: `TOKEN:ADDRESS` or an address alone, which is a multiaddr
    /// as `/ip4/127.0.0.1/tcp/1234/http` or a URL. The first of several.
    pub fn parse(info: &str) -> Result<Self> {
        let first = info.split(',').next().unwrap_or_default().trim();
        let (token, address) = match first.split_once(':') {
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
    let Some((scheme, rest)) = url.split_once("://") else {
        bail!("it must be a multiaddr, or begin with http://");
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
    fn what_is_no_address_is_refused() {
        let garbage =
            ["", "token", "127.0.0.1:1234", "/ip4/127.0.0.1", "/ip4/1.2.3.4/tcp/99999/http"];
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
}

//! The server: connections, paths, tokens, and what browsers ask for.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State, WebSocketUpgrade};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, CONNECTION,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::dispatch::Service;
use super::table::Methods;
use super::{http, socket};
use crate::auth::{Grant, Secret};

/// What each endpoint knows.
pub struct Endpoints<N> {
    /// `/rpc/v0`.
    pub v0: Methods<N>,
    /// `/rpc/v1`, and `/`, to which wallets of Ethereum post.
    pub v1: Methods<N>,
}

/// How much of the node its clients may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a body, or of a message over WebSocket.
    pub body: usize,
    /// The same for callers who may only read, as who has no token.
    pub public_body: usize,
    /// Bytes of replies to a batch, after which no more of its calls are answered.
    pub replies: usize,
    /// Until the next headers are read. It covers the pause between two requests of a connection: it is
    /// longer than the 90 s for which clients written in Go keep one.
    pub headers: Duration,
    /// Between two parts of a body.
    pub pause: Duration,
    /// Calls of one WebSocket that run at the same time. More are read when these are done.
    pub running: usize,
    /// Calls of one WebSocket that wait, and channels and subscriptions that are open.
    pub waiting: usize,
    /// Channels and subscriptions of one WebSocket.
    pub listening: usize,
    /// For what is being answered when the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 100 << 20,
            public_body: 5 << 20,
            replies: 25 << 20,
            headers: Duration::from_secs(120),
            pause: Duration::from_secs(30),
            running: 256,
            waiting: 16_384,
            listening: 64,
            grace: Duration::from_secs(5),
        }
    }
}

impl Limits {
    fn body_of(&self, grant: Grant) -> usize {
        if grant == Grant::ANONYMOUS { self.public_body } else { self.body }
    }
}

/// What all connections to an endpoint share.
struct Endpoint<N> {
    service: Arc<Service<N>>,
    secret: Arc<Secret>,
    limits: Limits,
    closing: watch::Receiver<bool>,
}

/// Serves until `shutdown` resolves, then answers what it has begun. Errors of connections end them and
/// nothing else.
pub async fn serve<N: Send + Sync + 'static>(
    listener: TcpListener,
    endpoints: Endpoints<N>,
    node: Arc<N>,
    secret: Arc<Secret>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let (close, closing) = watch::channel(false);
    let endpoint = |methods| {
        let service = Arc::new(Service { methods, node: Arc::clone(&node) });
        let (secret, limits) = (Arc::clone(&secret), limits.clone());
        Arc::new(Endpoint { service, secret, limits, closing: closing.clone() })
    };
    let router = router(endpoint(endpoints.v0), endpoint(endpoints.v1));
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let closing = closing.clone();
                    connections.spawn(connection(stream, router.clone(), limits.headers, closing));
                }
                // Out of file descriptors, most likely: some come back as connections end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
    drop((listener, router, closing));
    close.send_replace(true);
    // Every connection holds a receiver, and so does every WebSocket.
    let _ = tokio::time::timeout(limits.grace, close.closed()).await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    headers: Duration,
    mut closing: watch::Receiver<bool>,
) {
    // Replies are small and whole; without this they wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut serving = pin!(serving);
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = closing.wait_for(|closing| *closing) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

fn router<N: Send + Sync + 'static>(v0: Arc<Endpoint<N>>, v1: Arc<Endpoint<N>>) -> Router {
    Router::new()
        .route("/rpc/v0", any(rpc).with_state(v0))
        .route("/rpc/v1", any(rpc).with_state(Arc::clone(&v1)))
        .route("/", any(rpc).with_state(v1))
        .route("/health/livez", get(StatusCode::OK))
        .route("/health/readyz", get(StatusCode::OK))
        .fallback((StatusCode::NOT_FOUND, "404 page not found\n"))
}

/// Pages of any origin may call, as wallets in a browser must. They can do with it what anyone can who
/// has no token: read, and push what is signed. No browser adds a token by itself, so no page and no
/// name that is bound to a loopback address gets further.
async fn rpc<N: Send + Sync + 'static>(
    State(endpoint): State<Arc<Endpoint<N>>>,
    request: Request,
) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => preflight(),
        _ => answer(endpoint, request).await,
    };
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}

fn preflight() -> Response {
    let headers =
        "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization, X-Requested-With";
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (ACCESS_CONTROL_ALLOW_HEADERS, headers),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    let mut response = (StatusCode::NO_CONTENT, allowed).into_response();
    // Without it, a public page may not reach a loopback address.
    let private = HeaderValue::from_static("true");
    response.headers_mut().insert("access-control-allow-private-network", private);
    response
}

async fn answer<N: Send + Sync + 'static>(
    endpoint: Arc<Endpoint<N>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(grant) = grant(&endpoint.secret, &parts.headers, &parts.uri) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let limits = &endpoint.limits;
    let most = limits.body_of(grant);
    if upgrades(&parts.headers) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Err(_) => (StatusCode::BAD_REQUEST, "Bad Request\n").into_response(),
            Ok(upgrade) => {
                upgrade.max_message_size(most).max_frame_size(most).on_upgrade(move |socket| {
                    let Endpoint { service, limits, closing, .. } = &*endpoint;
                    socket::run(socket, Arc::clone(service), grant, limits.clone(), closing.clone())
                })
            }
        };
    }
    let (service, closing) = (&endpoint.service, endpoint.closing.clone());
    match http::read(body, most, limits.pause).await {
        Ok(body) => http::answer(service, grant, body, limits.replies, closing).await,
        Err(failure) => http::refuse(failure),
    }
}

fn upgrades(headers: &HeaderMap) -> bool {
    let connection = headers.get(CONNECTION).and_then(|value| value.to_str().ok());
    connection.is_some_and(|value| value.to_ascii_lowercase().contains("upgrade"))
}

/// What the caller may do; none for a token that does not hold. The header comes before the query.
fn grant(secret: &Secret, headers: &HeaderMap, uri: &Uri) -> Option<Grant> {
    let header = headers.get(AUTHORIZATION).filter(|value| !value.is_empty());
    let token = match header {
        Some(value) => value.to_str().ok()?.strip_prefix("Bearer ")?,
        None => uri.query().and_then(queried).unwrap_or_default(),
    };
    match (header, token) {
        (None, "") => Some(Grant::ANONYMOUS),
        (_, token) => secret.verify(token).ok(),
    }
}

/// The token of a query. Tokens have no characters that a query must escape.
fn queried(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

//! The base URL of a SCIM server, and the URLs under it.

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

/// What stays as it is in a path segment or a query value: the unreserved
/// characters of RFC 3986 §2.3. All others are encoded, the `+` too, which
/// many servers read as a space.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The base URL of a SCIM server, such as `https://idp.example.com/scim/v2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a slash at the end, without query and fragment.
    base: Url,
}

/// Why a text is not the base URL of a SCIM server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL, or one with white space, control characters or backslashes,
    /// which programs read differently.
    #[error("it is not a URL such as https://idp.example.com/scim/v2")]
    NotAUrl,
    /// Neither `https` nor `http`.
    #[error("its scheme is not https")]
    Scheme,
    /// `http`, which sends secrets in the clear.
    #[error("it is http, which sends secrets unencrypted, and insecure HTTP is not allowed")]
    InsecureHttp,
    /// A user name or password in the URL would end up in logs.
    #[error("it holds a user name or a password")]
    UserInfo,
    /// A query cannot be joined with the queries of requests.
    #[error("it holds a query")]
    Query,
    /// A fragment is never sent.
    #[error("it holds a fragment")]
    Fragment,
}

/// An id that cannot be one segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id is empty or a dot segment, which would address another resource")]
pub struct UnusableId;

impl Endpoint {
    /// Reads a base URL.
    pub fn parse(text: &str, allow_insecure_http: bool) -> Result<Self, EndpointError> {
        let mut base = safe(text, allow_insecure_http)?;
        if base.query().is_some() {
            return Err(EndpointError::Query);
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { base })
    }

    /// The normalised origin and base path: the same text for every spelling
    /// of one endpoint.
    pub fn endpoint_key(&self) -> String {
        let port = self.base.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = self.base.host_str().unwrap_or_default().trim_end_matches('.');
        format!("{}://{host}{port}{}", self.base.scheme(), self.path())
    }

    /// The host's name or literal address, in lower case, without brackets,
    /// port or the dot of an absolute name.
    pub fn host(&self) -> String {
        host(&self.base)
    }

    /// The host's address where the URL holds one instead of a name.
    pub fn literal_address(&self) -> Option<IpAddr> {
        match self.base.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The URL of a collection or another fixed path, such as `/Users`.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.path()));
        url
    }

    /// The URL of one resource: the id is one percent-encoded segment,
    /// whatever is in it.
    pub fn resource_url(&self, collection: &str, id: &str) -> Result<Url, UnusableId> {
        if matches!(id, "" | "." | "..") {
            return Err(UnusableId);
        }
        Ok(self.url(&format!("{collection}/{}", encoded(id))))
    }

    /// The id in a `Location`, if it is a resource of this collection at this
    /// endpoint (RFC 7644 §3.1).
    pub fn id_of_location(&self, collection: &str, location: &str) -> Option<String> {
        let collection = self.url(collection);
        let mut resource = collection.join(location).ok()?;
        let same_origin = resource.origin() == collection.origin();
        resource.set_query(None);
        let segment = resource.path().strip_prefix(collection.path())?.strip_prefix('/')?;
        let id = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
        let usable = same_origin && !segment.contains('/') && !matches!(&*id, "" | "." | "..");
        usable.then(|| id.into_owned())
    }

    fn path(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }
}

/// The URL of an OAuth 2 token endpoint (RFC 6749 §3.2), such as
/// `https://login.example.com/oauth2/token`. It may hold a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUrl(Url);

impl TokenUrl {
    /// Reads the URL of a token endpoint.
    pub fn parse(text: &str, allow_insecure_http: bool) -> Result<Self, EndpointError> {
        safe(text, allow_insecure_http).map(Self)
    }

    /// The host's name or literal address, as [`Endpoint::host`] has it.
    pub fn host(&self) -> String {
        host(&self.0)
    }

    /// The URL.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

/// A URL that every program reads alike, and that secrets may be sent to.
fn safe(text: &str, allow_insecure_http: bool) -> Result<Url, EndpointError> {
    let misleading =
        |character: char| character.is_whitespace() || character.is_control() || character == '\\';
    if text.contains(misleading) {
        return Err(EndpointError::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| EndpointError::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http => {}
        "http" => return Err(EndpointError::InsecureHttp),
        _ => return Err(EndpointError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(EndpointError::Fragment);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(EndpointError::NotAUrl);
    }
    Ok(url)
}

fn host(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => String::new(),
    }
}

/// A query (RFC 3986 §3.4) of these names and values.
pub fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let parameters: Vec<String> =
        parameters.into_iter().map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
    parameters.join("&")
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

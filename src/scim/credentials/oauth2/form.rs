//! The request to a token endpoint (RFC 6749 §4.4.2).

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{ClientSecret, Style, TokenRequest, grant::Refusal};
use crate::scim::http::sender::Outgoing;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The request with this client's secret.
pub(super) fn outgoing(request: &TokenRequest, client: &ClientSecret) -> Result<Outgoing, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    let (id, secret) = (client.id.expose_secret(), client.secret.expose_secret());
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    let scopes: Vec<&str> =
        request.scopes.iter().map(|scope| scope.trim()).filter(|scope| !scope.is_empty()).collect();
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    if let Some(audience) = &request.audience {
        form.append_pair("audience", audience);
    }
    form.extend_pairs(&request.parameters);
    match request.style {
        Style::Header => {
            headers.insert(header::AUTHORIZATION, basic(id, secret)?);
        }
        Style::Body => {
            form.append_pair("client_id", id).append_pair("client_secret", secret);
        }
    }
    Ok(Outgoing {
        operation: "POST to the token endpoint".to_owned(),
        method: Method::POST,
        url: request.token_url.as_url().clone(),
        headers,
        body: Some(form.finish()),
    })
}

/// Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1), so
/// that either may hold a colon.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, Refusal> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let value = HeaderValue::try_from(format!("Basic {pair}"));
    let mut value =
        value.map_err(|_| Refusal::token("the client id or secret cannot be sent in a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

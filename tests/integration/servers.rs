//! The SCIM servers by others that the tests run on: each starts, knows who may
//! ask, and keeps a user.

use http::Method;
use serde_json::json;

use crate::support::{
    http::Http,
    scim_server::{ScimServer, ServerKind},
};

async fn serves_who_has_its_token(kind: ServerKind) {
    let server = ScimServer::start(kind, "serves", "the-right-token").await;
    for token in [None, Some("another-token")] {
        let answer = Http::new(token).try_request(Method::GET, &server.url("/Users"), None).await.unwrap();
        assert_eq!(answer.status, 401, "{kind:?} with the token {token:?}");
    }
    let ada = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@example.com",
    });
    let created = server.create("/Users", &ada).await;
    let all = server.all("/Users").await;
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(server.get("/Users", created["id"].as_str().unwrap()).await.as_ref(), Some(&all[0]));
    server.delete("/Users", created["id"].as_str().unwrap()).await;
    assert_eq!(server.all("/Users").await.len(), 0);
}

#[tokio::test]
async fn scim2_server_serves_who_has_its_token() {
    serves_who_has_its_token(ServerKind::Scim2Server).await;
}

#[tokio::test]
async fn scimmy_serves_who_has_its_token() {
    serves_who_has_its_token(ServerKind::Scimmy).await;
}

#[tokio::test]
async fn scimple_serves_who_has_its_token() {
    serves_who_has_its_token(ServerKind::Scimple).await;
}

#[tokio::test]
async fn django_scim2_serves_who_has_its_token() {
    serves_who_has_its_token(ServerKind::DjangoScim2).await;
}

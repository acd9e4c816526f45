//! Tests that are told which server they run on.

/// Makes a test of each function and each server.
macro_rules! on_every_server {
    ($($scenario:ident),+ $(,)?) => {
        mod on_scim2_server {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario($crate::support::scim_server::ServerKind::Scim2Server).await;
            })+
        }

        mod on_scimmy {
            $(#[tokio::test]
            async fn $scenario() {
                super::$scenario($crate::support::scim_server::ServerKind::Scimmy).await;
            })+
        }
    };
}
pub(crate) use on_every_server;

//! Somebody with the rights of a team: our namespaced kinds in one namespace,
//! and nothing else.

use kube::{
    Api, Client, Config,
    api::{DynamicObject, Patch, PatchParams},
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};

use super::{
    control_plane::control_plane,
    objects::{Kind, Manifest},
};

pub(crate) struct Tenant {
    namespace: String,
    client: Client,
}

impl Tenant {
    /// A service account of the namespace with a role of its own.
    pub(crate) async fn of(namespace: &str) -> Self {
        let within = format!("--namespace={namespace}");
        let kubectl =
            |arguments: &[&str]| control_plane().kubectl(&[&[within.as_str()], arguments].concat()).unwrap();
        kubectl(&["create", "serviceaccount", "tenant"]);
        kubectl(&[
            "create",
            "role",
            "tenant",
            "--verb=get,list,watch,create,update,patch,delete",
            "--resource=scimusers.scim-operator.dev,scimgroups.scim-operator.dev,scimproviders.scim-operator.dev",
        ]);
        let account = format!("--serviceaccount={namespace}:tenant");
        kubectl(&["create", "rolebinding", "tenant", "--role=tenant", &account]);
        let token = kubectl(&["create", "token", "tenant"]);
        Self { namespace: namespace.to_owned(), client: client(token.trim()).await }
    }

    /// Applies in its namespace, as far as it may.
    pub(crate) async fn try_apply(&self, manifest: &Manifest) -> kube::Result<DynamicObject> {
        self.try_apply_in(&self.namespace, manifest).await
    }

    pub(crate) async fn try_apply_in(
        &self,
        namespace: &str,
        manifest: &Manifest,
    ) -> kube::Result<DynamicObject> {
        let resource = manifest.kind.resource();
        let api: Api<DynamicObject> = match manifest.kind {
            Kind::Namespace | Kind::ClusterProvider => Api::all_with(self.client.clone(), &resource),
            _ => Api::namespaced_with(self.client.clone(), namespace, &resource),
        };
        let parameters = PatchParams::apply("tenant").force();
        api.patch(manifest.name(), &parameters, &Patch::Apply(&manifest.value)).await
    }

    pub(crate) async fn apply(&self, manifest: &Manifest) -> DynamicObject {
        self.try_apply(manifest).await.unwrap_or_else(|error| panic!("{manifest:?}: {error}"))
    }

    /// Reads a Secret of its namespace, as far as it may.
    pub(crate) async fn try_read_secret(&self, name: &str) -> kube::Result<DynamicObject> {
        let resource = Kind::Secret.resource();
        Api::<DynamicObject>::namespaced_with(self.client.clone(), &self.namespace, &resource).get(name).await
    }
}

async fn client(token: &str) -> Client {
    let kubeconfig = Kubeconfig::read_from(&control_plane().admin_kubeconfig).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.auth_info = AuthInfo { token: Some(token.to_owned().into()), ..AuthInfo::default() };
    Client::try_from(config).unwrap()
}

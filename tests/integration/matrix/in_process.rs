//! Servers in the test process. What they hold is canonical.

/// The access behind the operator's back, which the server in this field gives.
macro_rules! held_in_process {
    ($($server:ident).+) => {
        fn all<'a>(&'a self, endpoint: &'a str) -> BoxFuture<'a, Vec<Value>> {
            ready(self.$($server).+.all(endpoint)).boxed()
        }

        fn get<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, Option<Value>> {
            ready(self.$($server).+.get(endpoint, id)).boxed()
        }

        fn insert<'a>(&'a self, endpoint: &'a str, resource: Value) -> BoxFuture<'a, String> {
            ready(self.$($server).+.insert(endpoint, resource)).boxed()
        }

        fn edit<'a>(
            &'a self,
            endpoint: &'a str,
            id: &'a str,
            change: &'a (dyn Fn(&mut Value) + Sync),
        ) -> BoxFuture<'a, ()> {
            self.$($server).+.edit(endpoint, id, change);
            ready(()).boxed()
        }

        fn remove<'a>(&'a self, endpoint: &'a str, id: &'a str) -> BoxFuture<'a, ()> {
            self.$($server).+.remove(endpoint, id);
            ready(()).boxed()
        }

        fn password(&self, id: &str, _sent: Option<String>) -> Option<String> {
            self.$($server).+.password(id)
        }
    };
}
pub(super) use held_in_process;

#!/usr/bin/env node
// A SCIM server on SCIMMY, with everything in memory: the second server of the
// integration tests, beside scim2-server.
//
//   host.mjs --port PORT --bearer-token TOKEN
//
// It listens on 127.0.0.1, below /scim. Users and groups, the enterprise
// extension, a unique userName. Whatever is not said here is as SCIMMY does it
// by default.
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const { port, "bearer-token": token } = parseArgs({
  options: { port: { type: "string" }, "bearer-token": { type: "string" } },
}).values;
if (!port || !token) {
  console.error("usage: host.mjs --port PORT --bearer-token TOKEN");
  process.exit(2);
}

const { User, Group } = SCIMMY.Resources;
const { Error: ScimError } = SCIMMY.Types;

// Resources by id, as their owners gave them.
const users = new Map();
const groups = new Map();

const missing = (id) => new ScimError(404, null, `Resource ${id} not found`);

const refuseTakenName = (id, { userName }) => {
  const wanted = userName?.toLowerCase();
  for (const other of users.values()) {
    if (other.id !== id && other.userName.toLowerCase() === wanted) {
      throw new ScimError(409, "uniqueness", `userName ${userName} is taken`);
    }
  }
};

// The three ways in which SCIMMY uses a store: write with or without an id,
// read one or those that match, delete one. `check` may refuse what is about to
// be written.
const keep = (resource, store, check) => resource
  .ingress(({ id }, instance) => {
    const before = store.get(id);
    if (id && !before) throw missing(id);
    check(id, instance);
    const now = new Date().toISOString();
    const kept = {
      ...JSON.parse(JSON.stringify(instance)),
      id: id ?? randomUUID(),
      meta: { created: before?.meta.created ?? now, lastModified: now },
    };
    store.set(kept.id, kept);
    return kept;
  })
  .egress(({ id, filter }) => {
    if (!id) return filter ? filter.match([...store.values()]) : [...store.values()];
    if (!store.has(id)) throw missing(id);
    return store.get(id);
  })
  .degress(({ id }) => {
    if (!store.delete(id)) throw missing(id);
  });

SCIMMY.Resources.declare(keep(User.extend(SCIMMY.Schemas.EnterpriseUser, false), users, refuseTakenName));
SCIMMY.Resources.declare(keep(Group, groups, () => {}));

const app = express();
app.use("/scim", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("The bearer token is missing or wrong");
    return "";
  },
}));
app.listen(Number(port), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`SCIMMY listens on http://127.0.0.1:${port}/scim`);
});

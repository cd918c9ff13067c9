import { expect, it } from "vitest";
import { parse } from "yaml";
import { kubeconfig } from "./kubeconfig.ts";

it("names cluster, user and context after the instance", () => {
  const pair = { certificate: "CERT", key: "KEY" };
  const text = kubeconfig("dev", "https://127.0.0.1:6443", { authority: "CA", server: pair, admin: pair });
  expect(parse(text)).toEqual({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "skiff-dev", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": btoa("CA") } },
    ],
    users: [{ name: "skiff-dev", user: { "client-certificate-data": btoa("CERT"), "client-key-data": btoa("KEY") } }],
    contexts: [{ name: "skiff-dev", context: { cluster: "skiff-dev", user: "skiff-dev" } }],
    "current-context": "skiff-dev",
  });
});

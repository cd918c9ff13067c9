/** Who gets in, and as whom. */
import { statSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { serviceAccounts } from "../../src/machinery/resource.ts";
import { startHttpServer, type TestHttpServer } from "../support/http-server.ts";

const review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

async function whoAmI(
  server: TestHttpServer,
  headers: Record<string, string>,
  as: "socket" | "certificate" | "nobody",
) {
  const answer = await server.request("POST", review, { body: {}, headers, as });
  return (answer.json as { status?: { userInfo?: unknown } }).status?.userInfo ?? answer.json;
}

describe("authentication", () => {
  it("knows the administrator by certificate and by unix socket", async () => {
    await using server = await startHttpServer(kinds);
    const admin = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
    expect(await whoAmI(server, {}, "certificate")).toMatchObject(admin);
    expect(await whoAmI(server, {}, "socket")).toMatchObject(admin);
    expect(statSync(server.socket).mode & 0o777).toBe(0o600);
  });

  it("knows ServiceAccounts by their tokens, for as long as they exist", async () => {
    await using server = await startHttpServer(kinds);
    const { client } = server.api;
    const account = await client.create(serviceAccounts, { metadata: { name: "bot", namespace: "default" } });
    const { name, uid } = account.metadata;
    const { token } = server.tokens.issue({ namespace: "default", serviceAccount: { name, uid } }, 3600);
    const headers = { authorization: `Bearer ${token}` };
    expect(await whoAmI(server, headers, "nobody")).toMatchObject({
      username: "system:serviceaccount:default:bot",
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    });
    const pods = await server.request("GET", "/api/v1/namespaces/default/pods", { headers, as: "nobody" });
    expect(pods.json).toMatchObject({
      code: 403,
      message:
        'pods is forbidden: User "system:serviceaccount:default:bot" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect((await server.request("GET", "/apis/apps/v1", { headers, as: "nobody" })).status).toBe(200);
    await client.delete(serviceAccounts, account.metadata);
    expect((await server.request("GET", "/apis/apps/v1", { headers, as: "nobody" })).status).toBe(401);
  });

  it("lets strangers ask for health and version only", async () => {
    await using server = await startHttpServer(kinds);
    for (const path of ["/healthz", "/livez", "/readyz", "/version"]) {
      expect((await server.request("GET", path, { as: "nobody" })).status).toBe(200);
    }
    for (const path of ["/", "/api", "/apis/apps/v1", "/api/v1/pods", "/openapi/v2"]) {
      const answer = await server.request("GET", path, { as: "nobody" });
      expect(answer.json).toMatchObject({ kind: "Status", code: 401, message: "Unauthorized" });
    }
  });

  it("lets the administrator, and nobody else, act as others", async () => {
    await using server = await startHttpServer(kinds);
    const asAnn = { "impersonate-user": "ann", "impersonate-group": "devs" };
    expect(await whoAmI(server, asAnn, "certificate")).toMatchObject({
      username: "ann",
      groups: ["devs", "system:authenticated"],
    });
    const asBot = { "impersonate-user": "system:serviceaccount:default:bot" };
    expect(await whoAmI(server, asBot, "socket")).toMatchObject({
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    });
    expect(await whoAmI(server, { "impersonate-group": "devs" }, "socket")).toMatchObject({ code: 400 });
  });
});

describe("listeners", () => {
  it("listens on further addresses at run time", async () => {
    await using server = await startHttpServer(kinds);
    const port = await server.server.listen("127.0.0.2", 0);
    expect(port).toBeGreaterThan(0);
    await expect(server.server.listen("127.0.0.2", port)).rejects.toThrow(
      /127\.0\.0\.2:\d+ is in use by another program/,
    );
  });

  it("refuses a socket on which another daemon answers, and takes over one that was left behind", async () => {
    await using first = await startHttpServer(kinds);
    await using second = await startHttpServer(kinds);
    await expect(second.server.listenOnSocket(first.socket)).rejects.toThrow(
      "another daemon of this instance runs already",
    );
    expect((await first.request("GET", "/version")).status).toBe(200);
  });

  it("tells who speaks HTTP to it that it speaks HTTPS", async () => {
    await using server = await startHttpServer(kinds);
    const said = async (text: string): Promise<string> => {
      const socket = connect(server.port, "127.0.0.1");
      socket.end(text);
      return Buffer.concat(await socket.toArray()).toString();
    };
    const answer = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    const both = [said("GET /api HTTP/1.1\r\nHost: box\r\n\r\n"), said("POST /apply HTTP/1.1\r\nHost: box\r\n\r\n")];
    expect(await Promise.all(both)).toEqual([answer, answer]);
    expect(await said("what is neither of them\n")).not.toContain("HTTP");
    expect((await server.request("GET", "/version", { as: "certificate" })).status).toBe(200);
  });

  it("serves extra routes to the administrator", async () => {
    const route = {
      method: "POST" as const,
      path: "/apply",
      async handle({ response, user }: { response: { end(text: string): unknown }; user: { name: string } }) {
        response.end(user.name);
      },
    };
    await using server = await startHttpServer(kinds, { routes: () => [route] });
    expect((await server.request("POST", "/apply")).text).toBe("kubernetes-admin");
    const other = await server.request("POST", "/apply", { headers: { "impersonate-user": "ann" } });
    expect(other.json).toMatchObject({ code: 403, message: 'forbidden: User "ann" cannot post path "/apply"' });
    expect((await server.request("POST", "/apply", { as: "nobody" })).status).toBe(401);
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const refused = await server.request(method, "/apply");
      expect(refused.json).toMatchObject({ kind: "Status", code: 405, reason: "MethodNotAllowed" });
      expect(refused.headers.allow).toBe("POST");
    }
    expect((await server.request("GET", "/apply", { as: "nobody" })).status).toBe(401);
  });
});

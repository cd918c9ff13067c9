import { describe, expect, test } from "vitest";
import type { Client } from "../../machinery/client.ts";
import { parseProxyName, podTarget, serviceTarget } from "./proxy-target.ts";

const objects: Record<string, object> = {
  "pods/web": {
    status: { podIP: "10.244.0.5" },
    spec: { containers: [{ name: "a" }, { name: "b", ports: [{ containerPort: 8000 }, { containerPort: 9000 }] }] },
  },
  "pods/bare": { status: { podIP: "10.244.0.6" }, spec: { containers: [{ name: "a" }] } },
  "pods/new": { spec: { containers: [{ name: "a" }] } },
  "services/web": { metadata: { name: "web" }, spec: { ports: [{ port: 80, targetPort: 8000 }] } },
  "endpoints/web": { subsets: [{ addresses: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }], ports: [{ port: 8000 }] }] },
  "services/two": {
    metadata: { name: "two" },
    spec: {
      ports: [
        { name: "http", port: 80 },
        { name: "admin", port: 81 },
      ],
    },
  },
  "endpoints/two": {
    subsets: [
      {
        addresses: [{ ip: "10.0.0.3" }],
        ports: [
          { name: "http", port: 8080 },
          { name: "admin", port: 8081 },
        ],
      },
    ],
  },
  "services/idle": { metadata: { name: "idle" }, spec: { ports: [{ port: 80 }] } },
  "endpoints/idle": { subsets: [{ notReadyAddresses: [{ ip: "10.0.0.4" }], ports: [{ port: 80 }] }] },
};
const client = {
  get: (resource: { plural: string }, { name }: { name: string }) => objects[`${resource.plural}/${name}`],
} as unknown as Pick<Client, "get">;

describe("parseProxyName", () => {
  test.each([
    ["web", { scheme: "http", name: "web", port: "" }],
    ["web:80", { scheme: "http", name: "web", port: "80" }],
    ["https:web:", { scheme: "https", name: "web", port: "" }],
    [":web:x", { scheme: "http", name: "web", port: "x" }],
  ])("%s", (text, asked) => {
    expect(parseProxyName("pods", text)).toEqual(asked);
  });

  test.each(["", "ftp:web:21", "a:b:c:d", ":80"])("%s is invalid", (text) => {
    expect(() => parseProxyName("services", text)).toThrow(`invalid service request ${JSON.stringify(text)}`);
  });
});

describe("podTarget", () => {
  test.each([
    ["web", "http://10.244.0.5:8000"],
    ["web:9000", "http://10.244.0.5:9000"],
    ["https:web:443", "https://10.244.0.5:443"],
    ["bare", "http://10.244.0.6:80"],
    ["https:bare:", "https://10.244.0.6:443"],
  ])("%s leads to %s", (text, url) => {
    const { scheme, host, port } = podTarget(client, "default", text);
    expect(`${scheme}://${host}:${port}`).toBe(url);
  });

  test.each([
    ["none", 'pods "none" not found'],
    ["new", "address not allowed"],
    ["web:http", 'invalid port "http"'],
    ["web:0", 'invalid port "0"'],
  ])("%s is refused", (text, message) => {
    expect(() => podTarget(client, "default", text)).toThrow(message);
  });
});

describe("serviceTarget", () => {
  test.each([
    ["web", 0, "http://10.0.0.1:8000"],
    ["web", 0.99, "http://10.0.0.2:8000"],
    ["web:80", 0.5, "http://10.0.0.2:8000"],
    ["https:two:admin", 0, "https://10.0.0.3:8081"],
    ["two:80", 0, "http://10.0.0.3:8080"],
  ])("%s (%d) leads to %s", (text, random, url) => {
    const { scheme, host, port } = serviceTarget(client, "default", text, random);
    expect(`${scheme}://${host}:${port}`).toBe(url);
  });

  test.each([
    ["none", 404, 'services "none" not found'],
    ["idle", 503, 'no endpoints available for service "idle"'],
    ["two", 503, 'no service port "" found for service "two"'],
    ["two:8080", 503, 'no service port "8080" found for service "two"'],
  ])("%s is %d", (text, code, message) => {
    expect(() => serviceTarget(client, "default", text, 0)).toThrow(expect.objectContaining({ code, message }));
  });
});

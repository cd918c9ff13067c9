import { expect, it } from "vitest";
import { clientMaps, forgottenElement, parseClients, rememberedElement, strayClients } from "./remembered-clients.ts";

const listing = JSON.stringify({
  nftables: [
    { metainfo: { json_schema_version: 1 } },
    {
      map: {
        name: "clients",
        elem: [
          [
            { elem: { val: { concat: ["192.0.2.2", "10.96.7.10", "tcp", 80] }, timeout: 60, expires: 41 } },
            { concat: ["10.244.0.5", 8080] },
          ],
        ],
      },
    },
  ],
});

it("reads what nft lists, and writes it as nft wants it", () => {
  const [client, ...others] = parseClients(clientMaps.address, listing);
  expect(others).toEqual([]);
  if (!client) throw new Error("no client was read");
  expect(rememberedElement(client)).toBe(
    "clients { 192.0.2.2 . 10.96.7.10 . tcp . 80 timeout 60s expires 41s : 10.244.0.5 . 8080 }",
  );
  expect(forgottenElement(client)).toBe("clients { 192.0.2.2 . 10.96.7.10 . tcp . 80 }");
});

it("reads a table that remembers nobody", () => {
  expect(parseClients(clientMaps.address, '{"nftables":[{"map":{"name":"clients"}}]}')).toEqual([]);
});

it("finds clients whose endpoint left, whose Service has no affinity, and whose Service is gone", () => {
  const target = (ip: string) => ({ ip, port: 8080 });
  const port = { name: "", protocol: "tcp" as const, port: 80, targets: [target("10.244.0.5")] };
  const rules = new Map([
    ["a/sticky", { ports: [{ ...port, addresses: ["10.96.0.1"], nodePort: 30_080, affinitySeconds: 60 }] }],
    ["a/plain", { ports: [{ ...port, addresses: ["10.96.0.2"] }] }],
    [
      "a/ipv6",
      { ports: [{ ...port, ipv6: true as const, addresses: [], nodePort: 30_080, affinitySeconds: 60, targets: [] }] },
    ],
  ]);
  const client = (key: string, endpoint: string) => ({
    map: clientMaps.address,
    key: `192.0.2.2 . ${key}`,
    endpoint: `${endpoint} . 8080`,
    timeout: 60,
    expires: 1,
  });
  const stays = [client("10.96.0.1 . tcp . 80", "10.244.0.5"), client("tcp . 30080", "10.244.0.5")];
  const strays = [
    client("10.96.0.1 . tcp . 80", "10.244.0.6"),
    client("10.96.0.1 . udp . 80", "10.244.0.5"),
    client("10.96.0.2 . tcp . 80", "10.244.0.5"),
    client("10.96.0.3 . tcp . 80", "10.244.0.5"),
    client("tcp . 30081", "10.244.0.5"),
  ];
  expect(strayClients([...stays, ...strays], rules)).toEqual(strays);
});

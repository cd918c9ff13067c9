import { expect, it } from "vitest";
import { excludedEndpoints } from "./consider-endpoints.ts";

it("says why endpoints written by hand get no connections", () => {
  const slices = [
    {
      addressType: "IPv4",
      endpoints: [
        { addresses: ["192.0.2.1"] },
        { addresses: ["192.0.2.2"], conditions: { ready: false } },
        { addresses: ["192.0.2.3"], conditions: { ready: false, terminating: true } },
        { addresses: ["192.0.2.4"] },
        { addresses: ["10.244.0.5"], conditions: { ready: false }, targetRef: { uid: "selected" } },
      ],
    },
    { addressType: "FQDN", endpoints: [{ addresses: ["example.com"] }] },
  ];
  expect(excludedEndpoints(slices, [{ ip: "192.0.2.1", port: 80 }], new Set(["selected"]))).toEqual([
    "192.0.2.2: not ready",
    "192.0.2.3: terminating",
    "192.0.2.4: no port of its slice has the name and the protocol of the Service's",
    "example.com: its slice is of type FQDN",
  ]);
});

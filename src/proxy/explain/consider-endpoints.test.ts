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
  const ipv6 = [
    {
      addressType: "IPv6",
      endpoints: [{ addresses: ["FD00:0::1"] }, { addresses: ["fd00::2"], conditions: { ready: false } }],
    },
  ];
  const reached = [{ ip: "fd00::1", port: 80 }];
  expect(excludedEndpoints(ipv6, reached, new Set(), ["IPv4", "IPv6"])).toEqual(["fd00::2: not ready"]);
  expect(excludedEndpoints(ipv6, reached, new Set())).toEqual(["fd00::2: its slice is of type IPv6"]);
});

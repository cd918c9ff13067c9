import { expect, test } from "vitest";
import { serviceEnv } from "./service-env.ts";

const service = (name: string, clusterIP: string, ports: { name?: string; port: number; protocol?: string }[]) => ({
  metadata: { name },
  spec: { clusterIP, ports },
});

test("names, ports and the links of old", () => {
  const env = serviceEnv([
    service("redis-primary", "10.0.0.11", [
      { name: "main", port: 6379 },
      { name: "stats", port: 53, protocol: "UDP" },
    ]),
  ]);
  expect(Object.fromEntries(env)).toEqual({
    REDIS_PRIMARY_SERVICE_HOST: "10.0.0.11",
    REDIS_PRIMARY_SERVICE_PORT: "6379",
    REDIS_PRIMARY_SERVICE_PORT_MAIN: "6379",
    REDIS_PRIMARY_SERVICE_PORT_STATS: "53",
    REDIS_PRIMARY_PORT: "tcp://10.0.0.11:6379",
    REDIS_PRIMARY_PORT_6379_TCP: "tcp://10.0.0.11:6379",
    REDIS_PRIMARY_PORT_6379_TCP_PROTO: "tcp",
    REDIS_PRIMARY_PORT_6379_TCP_PORT: "6379",
    REDIS_PRIMARY_PORT_6379_TCP_ADDR: "10.0.0.11",
    REDIS_PRIMARY_PORT_53_UDP: "udp://10.0.0.11:53",
    REDIS_PRIMARY_PORT_53_UDP_PROTO: "udp",
    REDIS_PRIMARY_PORT_53_UDP_PORT: "53",
    REDIS_PRIMARY_PORT_53_UDP_ADDR: "10.0.0.11",
  });
});

test("a Service without an address tells nothing", () => {
  expect(serviceEnv([service("headless", "None", [{ port: 80 }]), service("pending", "", [{ port: 80 }])]).size).toBe(
    0,
  );
});

test("an IPv6 address stands in brackets where a port follows", () => {
  const env = serviceEnv([service("web", "fd00:10:96::7", [{ port: 80 }])]);
  expect([env.get("WEB_SERVICE_HOST"), env.get("WEB_PORT")]).toEqual(["fd00:10:96::7", "tcp://[fd00:10:96::7]:80"]);
});

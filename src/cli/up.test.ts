import { expect, it } from "vitest";
import { howToAsk, refusedWhileRunning } from "./up.ts";

const running = {
  pid: 7,
  apiServer: "https://127.0.0.1:6443",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  proxyMode: "nftables",
} as const;

it.each([
  [{}, undefined],
  [{ port: 6443, podCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12", proxyMode: "nftables" } as const, undefined],
  [{ port: 7000 }, "with --port 6443. To start it with 7000, first: skiff down --name lab"],
  [
    { podCidr: "10.1.0.0/16" },
    "with --pod-cidr 10.244.0.0/16. To start it with 10.1.0.0/16, first: skiff reset --yes --name lab",
  ],
  [
    { serviceCidr: "10.1.0.0/16" },
    "with --service-cidr 10.96.0.0/12. To start it with 10.1.0.0/16, first: skiff reset --yes --name lab",
  ],
  [
    { proxyMode: "userspace" } as const,
    "with --proxy-mode nftables. To start it with userspace, first: skiff down --name lab",
  ],
])("up %j while it runs", (options, sentence) => {
  const found = refusedWhileRunning({ name: "lab", proxyMode: "auto", ...options }, running);
  expect(found).toBe(sentence && `Skiff "lab" is running already (pid 7) ${sentence}`);
});

const own = { file: "/root/.kube/config" };
const theirs = { file: "/home/ann/.kube/config", user: { name: "ann", uid: 1000, gid: 1000, home: "/home/ann" } };
const now = 'kubectl\'s current context is now "skiff-lab"';

it.each([
  ["root", [own], [], { kubectl: "kubectl", context: now }],
  ["root by sudo", [own, theirs], [], { kubectl: "kubectl", context: `${now}, for ann too` }],
  ["root by sudo, for whom it could not be done", [own, theirs], ["…"], { kubectl: "kubectl", context: now }],
  ["root by sudo that keeps HOME", [theirs], [], { kubectl: "kubectl", context: now }],
  ["root by sudo that keeps HOME, in vain", [theirs], ["…"], { kubectl: "kubectl --kubeconfig /data/kubeconfig" }],
  ["anybody with --no-merge", [], [], { kubectl: "kubectl --kubeconfig /data/kubeconfig" }],
])("tells %s how to ask", (_who, places, troubles, expected) =>
  expect(howToAsk("skiff-lab", "/data/kubeconfig", places, troubles)).toEqual(expected),
);

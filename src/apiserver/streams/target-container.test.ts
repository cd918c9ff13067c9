import { describe, expect, test } from "vitest";
import type { Pod } from "../../machinery/types.ts";
import { targetContainer } from "./target-container.ts";

function pod(containers: string[], initContainers: string[] = [], nodeName = "node"): Pod {
  return {
    metadata: { name: "web" },
    spec: {
      ...(nodeName && { nodeName }),
      containers: containers.map((name) => ({ name })),
      initContainers: initContainers.map((name) => ({ name })),
    },
  };
}

describe("targetContainer", () => {
  test.each([
    ["the only one", pod(["a"]), null, "a"],
    ["an empty name means the same", pod(["a"], ["i"]), "", "a"],
    ["one of several", pod(["a", "b"]), "b", "b"],
    ["an init container", pod(["a"], ["i"]), "i", "i"],
  ])("%s", (_name, from, asked, container) => {
    expect(targetContainer(from, asked)).toBe(container);
  });

  test.each([
    ["none of that name", pod(["a"]), "x", "container x is not valid for pod web"],
    ["several", pod(["a", "b"]), null, "a container name must be specified for pod web, choose one of: [a b]"],
    [
      "several, and init containers",
      pod(["a", "b"], ["i"]),
      null,
      "a container name must be specified for pod web, choose one of: [a b] or one of the init containers: [i]",
    ],
  ])("%s is a bad request", (_name, from, asked, message) => {
    expect(() => targetContainer(from, asked)).toThrow(message);
  });
});

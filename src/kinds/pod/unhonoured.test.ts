import { expect, it } from "vitest";
import type { Pod, PodSpec } from "../../machinery/types.ts";
import { unhonouredInPod, unhonouredInTemplate } from "./unhonoured.ts";

const container = { name: "c", image: "b" };

it.each<[what: string, spec: Partial<PodSpec>, paths: string[]]>([
  ["nothing unusual", { volumes: [{ name: "v", emptyDir: {} }], nodeSelector: { a: "b" } }, []],
  ["a runtime class", { runtimeClassName: "gvisor" }, ["spec.runtimeClassName"]],
  [
    "volumes that cannot be mounted",
    {
      volumes: [
        { name: "a", emptyDir: {} },
        { name: "b", nfs: { server: "s", path: "/" } },
      ],
    },
    ["spec.volumes[1].nfs"],
  ],
  [
    "devices in the second container",
    { containers: [container, { ...container, volumeDevices: [{ name: "d", devicePath: "/dev/x" }] }] },
    ["spec.containers[1].volumeDevices"],
  ],
  ["an empty list", { containers: [{ ...container, resizePolicy: [] }] }, []],
])("%s", (_what, spec, paths) => {
  const pod: Pod = { spec: { containers: [container], ...spec } };
  expect(unhonouredInPod(pod)).toEqual(paths);
  const inTemplate = paths.map((path) => path.replace("spec.", "spec.template.spec."));
  expect(unhonouredInTemplate({ spec: { template: pod } })).toEqual(inTemplate);
});

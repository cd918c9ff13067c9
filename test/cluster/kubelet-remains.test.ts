/** An engine that cannot remove what has ended: nobody waits for it, and it is asked again. */
import { expect, test } from "vitest";
import { pods } from "../../src/machinery/resource.ts";
import { busybox, startKubelet } from "../support/kubelet-cluster.ts";

const sleeper = { name: "c", image: busybox, command: ["sleep", "100000"] };

test("a Pod gets a new sandbox beside the remains of the old one, which go when they can", async () => {
  await using cluster = await startKubelet();
  await cluster.run("web", { containers: [sleeper] });
  await cluster.until(() => cluster.isReady("web"));
  const [first] = cluster.sandboxes("web");
  cluster.runtime.keepRemains(true);
  cluster.runtime.exit(first?.id ?? "", 137);
  await cluster.until(() => cluster.sandboxes("web").length === 2 && cluster.container("web")?.restartCount === 1);
  await cluster.until(() => cluster.isReady("web"));
  // The old address is in use as far as the engine knows.
  expect(cluster.pod("web")?.status?.podIP).toBe("10.244.0.3");
  cluster.runtime.keepRemains(false);
  await cluster.pass(1_000, () => cluster.sandboxes("web").length === 1);
  expect(cluster.sandboxes("web")[0]?.id).not.toBe(first?.id);
  expect(cluster.isReady("web")).toBe(true);
});

test("a deleted Pod is gone when its containers have ended, and its remains go when they can", async () => {
  await using cluster = await startKubelet();
  const pod = await cluster.run("web", { containers: [sleeper], terminationGracePeriodSeconds: 1 });
  await cluster.until(() => cluster.isReady("web"));
  cluster.runtime.keepRemains(true);
  await cluster.client.delete(
    pods,
    { namespace: "default", name: "web" },
    { preconditions: { uid: pod.metadata.uid } },
  );
  await cluster.pass(500, () => cluster.pod("web") === undefined);
  expect(cluster.runtime.containers.map(({ state }) => state)).toEqual(["exited", "exited"]);
  cluster.runtime.keepRemains(false);
  await cluster.pass(1_000, () => cluster.runtime.containers.length === 0);
});

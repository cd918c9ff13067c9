/** Makes a Pod's sandbox with its address, names and files. */
import { mkdir, writeFile } from "node:fs/promises";
import { type Mount, type RuntimeContainer, RuntimeError } from "../machinery/container-runtime.ts";
import { dnsAddress, podAddresses } from "../machinery/network-names.ts";
import type { Stored } from "../machinery/object.ts";
import type { Pod, PodSpec } from "../machinery/types.ts";
import { sandboxConfig } from "./container-config.ts";
import { hostHosts, hostResolver } from "./host-files.ts";
import { podNames } from "./hostname.ts";
import { hostsFile, printResolvConf, resolverFor } from "./network-files.ts";
import type { KubeletParts } from "./parts.ts";
import { podReference } from "./references.ts";
import type { PodDirectory } from "./volumes/pod-directory.ts";
import { memoryVolumeName, memoryVolumes } from "./volumes/pod-volumes.ts";

/** Addresses that others took on the Pod network are passed over, up to so many. */
const mostAddresses = 16;

type Parts = Pick<KubeletParts, "runtime" | "addresses" | "settings" | "events">;

/**
 * Runs a new sandbox.
 * @param attempt how many the Pod had before.
 * @throws RuntimeError with the engine's reason.
 */
export async function runSandbox(
  parts: Parts,
  pod: Stored<Pod>,
  directory: PodDirectory,
  attempt: number,
): Promise<RuntimeContainer> {
  const spec = pod.spec as PodSpec;
  await writeResolvConf(parts, pod, directory);
  if (spec.hostNetwork) return runOn(parts, pod, directory, attempt, undefined);
  for (let tried = 1; ; tried++) {
    const address = parts.addresses.take();
    try {
      return await runOn(parts, pod, directory, attempt, address);
    } catch (error) {
      // The address stays held: whoever has it is not one of ours.
      if (RuntimeError.is(error, "AddressInUse") && tried < mostAddresses) continue;
      parts.addresses.release(address);
      throw error;
    }
  }
}

async function runOn(
  { runtime, settings }: Parts,
  pod: Stored<Pod>,
  directory: PodDirectory,
  attempt: number,
  address: string | undefined,
): Promise<RuntimeContainer> {
  const names = podNames(pod, settings.clusterDomain);
  const own = address === undefined ? undefined : { addresses: podAddresses(settings, address), names: names.hosts };
  const hosts = own ? "" : await hostHosts();
  await writeFile(directory.hostsFile, hostsFile(own, hosts, pod.spec?.hostAliases));
  const config = sandboxConfig({
    pod,
    attempt,
    ...(address !== undefined && { address }),
    hostname: names.hostname,
    mounts: sandboxMounts(pod, directory),
  });
  return runtime.runSandbox(config);
}

async function writeResolvConf({ settings, events }: Parts, pod: Stored<Pod>, directory: PodDirectory): Promise<void> {
  const cluster = { address: dnsAddress(settings), domain: settings.clusterDomain };
  const resolver = resolverFor(pod.spec as PodSpec, pod.metadata.namespace ?? "", cluster, await hostResolver());
  for (const message of resolver.exceeded) events.record(podReference(pod), "Warning", "DNSConfigForming", message);
  await mkdir(directory.root, { recursive: true, mode: 0o755 });
  await writeFile(directory.resolvConf, printResolvConf(resolver));
}

/**
 * Files that containers inherit by joining the sandbox. Volumes in memory are mounted too: they live as long as a
 * container that mounts them, and the Pod's containers may all be down at once.
 */
function sandboxMounts(pod: Stored<Pod>, directory: PodDirectory): Mount[] {
  const files: Mount[] = [
    { type: "path", source: directory.hostsFile, target: "/etc/hosts", readOnly: false },
    { type: "path", source: directory.resolvConf, target: "/etc/resolv.conf", readOnly: false },
  ];
  const volumes = memoryVolumes(pod.spec?.volumes).map(
    ({ name }): Mount => ({
      type: "volume",
      source: memoryVolumeName(pod.metadata.uid, name),
      target: `/volumes/${name}`,
      readOnly: false,
    }),
  );
  return [...files, ...volumes];
}

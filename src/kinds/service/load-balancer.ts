/**
 * Gives Services of type LoadBalancer an address of this host: what a cloud's controller does on a real cluster.
 * https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
 */
import { modify } from "../../machinery/client.ts";
import { type ControllerDefinition, watching } from "../../machinery/controller.ts";
import { equal } from "../../machinery/equal.ts";
import type { Stored } from "../../machinery/object.ts";
import { services } from "../../machinery/resource.ts";
import type { Service } from "../../machinery/types.ts";
import { addressesOf, chooseAddresses, type IsFree, isBalanced } from "./load-balancer-address.ts";

export function loadBalancerController(isFree: IsFree): ControllerDefinition {
  return {
    name: "service-controller",
    // Two that choose at once would choose the same.
    concurrency: 1,
    watches: [watching(services, (event) => keysOf(event.object))],
    async reconcile(key, { client, events, settings }) {
      const service = client.get(services, key);
      if (!service || service.metadata.deletionTimestamp !== undefined) return;
      if (!isBalanced(service)) {
        // Another implementation looks after what it has put there.
        if (service.spec?.type !== "LoadBalancer") await setAddresses(client, service, []);
        return;
      }
      const others = client.list(services).filter(({ metadata }) => metadata.uid !== service.metadata.uid);
      const addresses = await chooseAddresses(service, others, settings, isFree);
      if (equal(addresses, addressesOf(service))) return;
      events.record(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
      if (addresses.length === 0) {
        const message = "Error syncing load balancer: its ports are taken at every address of this host";
        events.record(service, "Warning", "SyncLoadBalancerFailed", message);
      }
      await setAddresses(client, service, addresses);
      if (addresses.length > 0) events.record(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
    },
  };
}

/** Whoever may have an address, or has one that is no longer due. */
function keysOf(service: Stored<Service>): string[] {
  const concerns = isBalanced(service) || addressesOf(service).length > 0;
  return concerns ? [`${service.metadata.namespace ?? ""}/${service.metadata.name}`] : [];
}

async function setAddresses(
  client: Parameters<typeof modify>[0],
  { metadata }: Stored<Service>,
  addresses: readonly string[],
): Promise<void> {
  const change = (draft: Stored<Service>): boolean => {
    if (draft.metadata.uid !== metadata.uid || equal(addressesOf(draft), addresses)) return false;
    draft.status = {
      ...draft.status,
      loadBalancer: addresses.length === 0 ? {} : { ingress: addresses.map((ip) => ({ ip, ipMode: "VIP" })) },
    };
    return true;
  };
  const key = { namespace: metadata.namespace ?? "", name: metadata.name };
  await modify(client, services, key, change, { subresource: "status" });
}

/**
 * Spreads endpoints over slices so that few slices change and each watcher gets little to read.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices
 */
import { equal } from "../../machinery/equal.ts";
import type { Stored } from "../../machinery/object.ts";
import type { Endpoint, EndpointSlice } from "../../machinery/types.ts";
import type { EndpointPort, PortGroup } from "./endpoint.ts";

/** Endpoints in one slice. */
const capacity = 100;

type Slice = Stored<EndpointSlice>;

export interface Content {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

export interface Allocation {
  create: Content[];
  /** What each slice that stays is to hold, changed or not. */
  keep: { slice: Slice; content: Content }[];
  remove: Slice[];
}

/** @param groups at most one for each set of ports. */
export function allocate(groups: readonly PortGroup[], slices: readonly Slice[]): Allocation {
  // A Service without endpoints has one empty slice: clients can tell "none" from "not looked at yet".
  const wanted = groups.length > 0 ? groups : [{ ports: [], endpoints: [] }];
  const allocation: Allocation = { create: [], keep: [], remove: [] };
  const left = new Set(slices);
  for (const group of wanted) {
    const ofGroup = slices.filter((slice) => left.has(slice) && equal(slice.ports ?? [], group.ports));
    for (const slice of ofGroup) left.delete(slice);
    allocateGroup(group, ofGroup, allocation);
  }
  allocation.remove.push(...left);
  recycle(allocation);
  return allocation;
}

function allocateGroup({ ports, endpoints }: PortGroup, slices: readonly Slice[], allocation: Allocation): void {
  const unplaced = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = slices.map((slice) => ({ slice, content: { ports, endpoints: stillWanted(slice, unplaced) } }));
  const homeless = [...unplaced.values()];
  // Slices that change anyway take newcomers first, the fullest of them first.
  const changed = kept.filter(({ slice, content }) => !equal(slice.endpoints, content.endpoints));
  changed.sort((a, b) => b.content.endpoints.length - a.content.endpoints.length);
  for (const { content } of changed) fill(content, homeless);
  const roomy = kept.find(({ content }) => content.endpoints.length + homeless.length <= capacity);
  if (roomy) fill(roomy.content, homeless);
  while (homeless.length > 0) allocation.create.push({ ports, endpoints: homeless.splice(0, capacity) });
  for (const { slice, content } of kept) {
    const isPlaceholder = endpoints.length === 0 && allocation.keep.length === 0;
    if (content.endpoints.length > 0 || isPlaceholder) allocation.keep.push({ slice, content });
    else allocation.remove.push(slice);
  }
  const placed = allocation.keep.length + allocation.create.length > 0;
  if (endpoints.length === 0 && !placed) allocation.create.push({ ports, endpoints: [] });
}

/** The slice's endpoints that are wanted still, in their present condition; they are taken out of `unplaced`. */
function stillWanted(slice: Slice, unplaced: Map<string, Endpoint>): Endpoint[] {
  // `endpoints` may be missing in a slice written by others.
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const key = identity(endpoint);
    const present = unplaced.get(key);
    unplaced.delete(key);
    return present ? [present] : [];
  });
}

function fill(content: Content, homeless: Endpoint[]): void {
  content.endpoints.push(...homeless.splice(0, capacity - content.endpoints.length));
}

/** A slice that would go takes the content of one that would come: one write instead of two, and the name stays. */
function recycle({ create, keep, remove }: Allocation): void {
  while (create.length > 0 && remove.length > 0) {
    const slice = remove.shift();
    const content = create.shift();
    if (slice && content) keep.push({ slice, content });
  }
}

function identity({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid} ${addresses.join(",")}`;
}

/** In which order a merged list ends up: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ */

/**
 * Puts the items named in `wanted` into that order and the others between them, where the live list has them. What is
 * new to the live list comes first.
 * @param items each with the identity by which it is found in `wanted` and `live`.
 */
export function inOrder<T>(
  items: readonly { id: unknown; item: T }[],
  wanted: readonly unknown[],
  live: readonly unknown[],
): T[] {
  const places = new Map(live.map((id, place) => [id, place]));
  const named = new Set(wanted);
  const others = items.filter(({ id }) => !named.has(id)).sort(byPlace(places));
  const chosen = items.filter(({ id }) => named.has(id)).sort(byPlace(new Map(wanted.map((id, place) => [id, place]))));
  const result: T[] = [];
  let next = 0;
  for (const { id, item } of chosen) {
    const place = places.get(id);
    while (place !== undefined && next < others.length) {
      const other = others[next] as (typeof others)[number];
      const otherPlace = places.get(other.id);
      if (otherPlace === undefined || otherPlace >= place) break;
      result.push(other.item);
      next++;
    }
    result.push(item);
  }
  return [...result, ...others.slice(next).map(({ item }) => item)];
}

function byPlace(places: ReadonlyMap<unknown, number>): (a: { id: unknown }, b: { id: unknown }) => number {
  const place = (id: unknown): number => places.get(id) ?? places.size;
  return (a, b) => place(a.id) - place(b.id);
}

/** Columns of `kubectl get` that many kinds share. */
import { since } from "./duration.ts";
import type { Column } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { printSelector, selectorFromObject } from "./selector.ts";
import type { LabelSelector, PodSpec } from "./types.ts";

/** What stands in a cell that has nothing to say. */
export const none = "<none>";

/** The object's name: the first column of every kind. */
export const nameColumn: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  value: (object) => object.metadata.name,
};

export const ageColumn: Column<KubeObject> = {
  name: "Age",
  type: "string",
  value: (object, now) => since(object.metadata.creationTimestamp, now),
};

/** `Containers`, `Images` of the Pods that an object makes, shown with `-o wide`. */
export function podSpecColumns<T extends KubeObject>(podSpec: (object: T) => PodSpec | undefined): Column<T>[] {
  return [
    {
      name: "Containers",
      type: "string",
      priority: 1,
      value: (object) => (podSpec(object)?.containers ?? []).map((container) => container.name).join(","),
    },
    {
      name: "Images",
      type: "string",
      priority: 1,
      value: (object) => (podSpec(object)?.containers ?? []).map((container) => container.image ?? "").join(","),
    },
  ];
}

export function selectorColumn<T extends KubeObject>(selector: (object: T) => LabelSelector | undefined): Column<T> {
  return {
    name: "Selector",
    type: "string",
    priority: 1,
    value: (object) => printLabelSelector(selector(object)),
  };
}

/** As `metav1.FormatLabelSelector`: `<none>` for a selector that selects everything. */
export function printLabelSelector(selector: LabelSelector | undefined): string {
  return (selector && printSelector(sortByKey(selectorFromObject(selector)))) || none;
}

/** `a=b,c=d` in order of key; `<none>` for no labels. */
export function printLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${value}`).join(",") || none;
}

function sortByKey<R extends { key: string }>(requirements: readonly R[]): R[] {
  return [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/**
 * Merging of an instance's kubeconfig into the user's own, and taking it out again.
 * Rule: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { isMap, isSeq, parseDocument, type YAMLMap } from "yaml";

const lists = ["clusters", "users", "contexts"] as const;

const empty = "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n";

function open(text: string) {
  const document = parseDocument(text.trim() === "" ? empty : text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new Error(document.errors[0]?.message ?? "not a mapping");
  }
  return document;
}

/**
 * Puts every cluster, user and context of `addition` into `present` (replacing those of the same name) and makes
 * `context` the current one. Everything else in the file, comments included, stays as it is.
 * @throws Error when `present` is not a kubeconfig.
 */
export function mergeKubeconfig(present: string, addition: string, context: string): string {
  const document = open(present);
  const added = open(addition);
  for (const list of lists) {
    const items = added.get(list);
    if (!isSeq(items)) continue;
    if (!isSeq(document.get(list))) document.set(list, document.createNode([]));
    const target = document.get(list);
    if (!isSeq(target)) continue;
    target.flow = false;
    for (const item of items.items as YAMLMap[]) {
      target.items = target.items.filter((other) => !isMap(other) || other.get("name") !== item.get("name"));
      target.items.push(document.createNode(item.toJSON()));
    }
  }
  document.set("current-context", context);
  return document.toString({ lineWidth: 0 });
}

/** Takes cluster, user and context `name` out of `present`. */
export function removeFromKubeconfig(present: string, name: string): string {
  const document = open(present);
  for (const list of lists) {
    const items = document.get(list);
    if (isSeq(items)) items.items = items.items.filter((item) => !isMap(item) || item.get("name") !== name);
  }
  if (document.get("current-context") === name) document.set("current-context", "");
  return document.toString({ lineWidth: 0 });
}

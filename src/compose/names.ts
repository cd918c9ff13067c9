/** Names of a Compose file as names of Kubernetes objects (RFC 1035 labels). */

/** Lower case, with every character that a label cannot have as a dash. May be empty. */
export function labelFrom(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^[-0-9]+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export function labelsOf(project: string, service: string): Record<string, string> {
  return { "app.kubernetes.io/name": service, "app.kubernetes.io/part-of": project };
}

/** Who made an object, so that `compose down` finds everything of a project and nothing else. */
export const managedBy = { "app.kubernetes.io/managed-by": "skiff-compose" };

/** What `compose down` looks for. */
export function projectLabels(project: string): Record<string, string> {
  return { ...managedBy, "app.kubernetes.io/part-of": project };
}

/** Kubernetes expands `$(NAME)` in commands and variables, Compose does not: `$$(` is what stays `$(`. */
export function escapeExpansion(text: string): string {
  return text.replaceAll("$(", "$$$$(");
}

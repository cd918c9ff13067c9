/** The kinds that are served, found by the group, version and plural of a URL. CustomResourceDefinitions add theirs at run time. */
import type { KindDefinition, ServedVersion } from "../machinery/kind.ts";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { groupResource, type Resource } from "../machinery/resource.ts";
import type { ServedKind } from "./api.ts";

type AnyServedVersion = ServedVersion<KubeObject>;

export class Registry {
  readonly #kinds = new Map<string, ServedKind>();

  constructor(definitions: readonly KindDefinition[]) {
    for (const definition of definitions) this.add(definition);
  }

  /** @throws Error when something is already served there. */
  add(definition: KindDefinition): void {
    const { group, version } = definition.resource;
    const { schema, deprecation } = definition;
    this.#put({ definition, group, version, schema, ...(deprecation && { deprecation }) });
    for (const also of definition.alsoServedAs ?? []) this.#put(servedAs(definition, also));
  }

  remove(definition: KindDefinition): void {
    for (const [path, kind] of this.#kinds) if (kind.definition === definition) this.#kinds.delete(path);
  }

  get(group: string, version: string, plural: string): ServedKind | undefined {
    return this.#kinds.get(pathOf(group, version, plural));
  }

  /** The served kind of a component's resource. @throws Error when there is none: a mistake in the composition. */
  of(resource: Resource): ServedKind {
    const kind = this.get(resource.group, resource.version, resource.plural);
    if (!kind) throw new Error(`no kind is registered for ${groupResource(resource)} ${resource.version}`);
    return kind;
  }

  all(): readonly ServedKind[] {
    return [...this.#kinds.values()];
  }

  #put(kind: ServedKind): void {
    const path = pathOf(kind.group, kind.version, kind.definition.resource.plural);
    if (this.#kinds.has(path)) throw new Error(`two kinds are registered for ${path}`);
    this.#kinds.set(path, kind);
  }
}

function pathOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

function servedAs(definition: KindDefinition, also: AnyServedVersion): ServedKind {
  const converted = new WeakMap<Stored<KubeObject>, Stored<KubeObject>>();
  return {
    definition,
    group: also.group,
    version: also.version,
    schema: also.schema,
    ...(also.deprecation && { deprecation: also.deprecation }),
    listsShortNames: also.listsShortNames ?? true,
    toStored: (object) => also.toStored(object),
    fromStored: (object) => {
      const known = converted.get(object);
      if (known) return known;
      const result = also.fromStored(object);
      converted.set(object, result);
      return result;
    },
    ...(also.fieldFromStored && { fieldFromStored: also.fieldFromStored }),
  };
}

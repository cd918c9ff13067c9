/**
 * The OpenAPI documents that are served: made when first asked for, kept compressed (all of them are some megabytes of
 * text that few clients ever read), and made anew when what is served has changed.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { apiVersionOf } from "../../../machinery/resource.ts";
import type { SchemaSource } from "../../../machinery/schema/schema.ts";
import type { ServedKind } from "../../api.ts";
import { servedGroups } from "../served-groups.ts";
import { openApi2Document } from "./v2.ts";
import { encodeOpenApi2 } from "./v2-protobuf.ts";
import { openApi3Document } from "./v3.ts";

export interface OpenApiDocument {
  gzipped: Buffer;
  /** Changes with the content. */
  hash: string;
}

export class OpenApiDocuments {
  readonly #schemas: SchemaSource;
  #kinds: readonly ServedKind[] = [];
  #kept = new Map<string, OpenApiDocument>();

  /** @param schemas with descriptions. */
  constructor(schemas: SchemaSource) {
    this.#schemas = schemas;
  }

  /** GET /openapi/v3 */
  index(kinds: readonly ServedKind[]): { paths: Record<string, { serverRelativeURL: string }> } {
    const names = servedGroups(kinds).flatMap(({ group, versions }) =>
      versions.map(({ version }) => nameOf(group, version)),
    );
    const links = names.map((name) => {
      const hash = this.v3(kinds, name)?.hash ?? "";
      return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }] as const;
    });
    return { paths: Object.fromEntries(links) };
  }

  /** @param name `api/v1`, `apis/apps/v1`. @returns undefined when nothing is served there. */
  v3(kinds: readonly ServedKind[], name: string): OpenApiDocument | undefined {
    const own = kinds.filter(({ group, version }) => nameOf(group, version) === name);
    if (own.length === 0) return undefined;
    return this.#keep(kinds, name, () => JSON.stringify(openApi3Document(own, this.#schemas)));
  }

  /** GET /openapi/v2 */
  v2(kinds: readonly ServedKind[], form: "json" | "protobuf"): OpenApiDocument {
    return this.#keep(kinds, `v2 ${form}`, () => {
      const document = openApi2Document(kinds, this.#schemas);
      return form === "json" ? JSON.stringify(document) : encodeOpenApi2(document);
    });
  }

  #keep(kinds: readonly ServedKind[], name: string, make: () => string | Buffer): OpenApiDocument {
    if (kinds.length !== this.#kinds.length || kinds.some((kind, index) => kind !== this.#kinds[index])) {
      this.#kinds = [...kinds];
      this.#kept = new Map();
    }
    const known = this.#kept.get(name);
    if (known) return known;
    const content = make();
    const document = {
      gzipped: gzipSync(content, { level: 1 }),
      hash: createHash("sha512").update(content).digest("hex").toUpperCase().slice(0, 64),
    };
    this.#kept.set(name, document);
    return document;
  }
}

function nameOf(group: string, version: string): string {
  return group ? `apis/${apiVersionOf({ group, version })}` : `api/${version}`;
}

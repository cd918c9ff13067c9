/** `POST /apply`: several documents at once, Kubernetes or Compose, from the command line or from plain curl (docs/apply.md). */

import type { SchemaSource } from "../../machinery/schema/schema.ts";
import type { Api } from "../api.ts";
import { readBody } from "../http/body.ts";
import type { ExtraRoute } from "../http/exchange.ts";
import { sendJson } from "../http/responses.ts";
import { writeContext } from "../http/write-options.ts";
import { readRequest, variablesOf } from "./read-request.ts";

export interface ApplyParts {
  api: Api;
  schemas: SchemaSource;
  /** Absolute path of the directory under which Compose's named volumes live. */
  volumesDirectory: string;
}

/** Name in `metadata.managedFields` of what is applied here. */
const defaultManager = "skiff";

export function applyRoute({ api, schemas, volumesDirectory }: ApplyParts): ExtraRoute {
  return {
    method: "POST",
    path: "/apply",
    async handle({ request, response, info, user }) {
      const query = new URLSearchParams(info.query);
      if (!query.has("fieldManager")) query.set("fieldManager", defaultManager);
      const context = { ...writeContext("PatchOptions", query, request.headers["user-agent"], true), user };
      const sent = readRequest(await readBody(request), request.headers["content-type"]);
      // With YAML and Compose, which the rest of the server does without, on first use.
      const { applyFiles } = await import("./apply-files.ts");
      const environment = variablesOf(sent);
      const { directory, envFiles, project = environment?.["COMPOSE_PROJECT_NAME"] } = sent;
      const result = await applyFiles({ api, schemas }, sent.files, {
        namespace: query.get("namespace") || "default",
        context,
        mayAskForFiles: directory !== undefined && envFiles === undefined,
        project: {
          volumesDirectory,
          ...(directory !== undefined && { directory }),
          ...(environment && { environment }),
          ...(envFiles && { envFiles }),
          ...(project && { project }),
          ...(sent.composeOnly && { composeOnly: true }),
        },
      });
      const failed = result.wantedFiles || result.items.some((item) => item.result === "invalid");
      return sendJson(request, response, failed ? 422 : 200, JSON.stringify(result));
    },
  };
}
